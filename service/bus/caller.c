/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/caller.h"
#include "kernel/process.h"
#include "linx-error.h"

#include <errno.h>
#include <linux/capability.h>
#include <unistd.h>

LinxCaller *
linx_caller_ref (LinxCaller *caller)
{
  g_atomic_ref_count_inc (&caller->ref);
  return caller;
}

void
linx_caller_unref (LinxCaller *caller)
{
  if (!g_atomic_ref_count_dec (&caller->ref))
    return;
  if (caller->pidfd >= 0)
    close (caller->pidfd);
  g_clear_object (&caller->gone);
  g_free (caller->groups);
  g_free (caller->name);
  g_free (caller);
}

static gboolean
has_gid (const LinxCaller *caller, gid_t gid)
{
  for (gsize i = 0; i < caller->n_groups; i++)
    if (caller->groups[i] == gid)
      return TRUE;
  return FALSE;
}

gboolean
linx_caller_verify (const LinxCaller *caller, int pidfd, LinxCallerState *state, GError **error)
{
  LinxProcessStatus status;

  if (linx_process_status (caller->pid, pidfd, &status) != 0 || !has_gid (caller, status.gid))
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, caller->name,
                           "the caller's process has ended");
  for (gsize i = 0; i < G_N_ELEMENTS (status.uids); i++)
    if (status.uids[i] != caller->uid)
      return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, caller->name,
                             "the process on this connection has changed its user");
  state->initial = linx_process_in_initial_userns (caller->pid);
  if (!linx_process_alive (pidfd))
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, caller->name,
                           "the caller's process has ended");
  state->privileged
      = caller->uid == 0 && state->initial && (status.cap_eff & (1ULL << CAP_SYS_ADMIN)) != 0;
  state->gid = status.gid;
  return TRUE;
}
