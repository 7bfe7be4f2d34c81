/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/credentials.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "worker/spare-workers.h"

#include <errno.h>

/* Whether this thread has had other credentials than root's. */
static __thread gboolean assumed;

static gboolean
fail (GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_THREAD, errno, "credentials", NULL);
}

/* The gid while there still is CAP_SETGID. */
static gboolean
leave_root (uid_t uid, gid_t gid, GError **error)
{
  return sys_setegid (gid) == 0 && sys_seteuid (uid) == 0 ? TRUE : fail (error);
}

/* The uid first: with it comes CAP_SETGID. */
static gboolean
become_root (GError **error)
{
  return sys_seteuid (0) == 0 && sys_setegid (0) == 0 ? TRUE : fail (error);
}

gboolean
linx_credentials_assume (const LinxCredentials *credentials, GError **error)
{
  if (credentials->uid == 0)
    return TRUE;
  linx_spare_workers_discard_current ();
  assumed = TRUE;
  if (sys_setgroups (credentials->n_groups, credentials->groups) < 0)
    return fail (error);
  return leave_root (credentials->uid, credentials->gid, error);
}

gboolean
linx_credentials_assume_ids (uid_t uid, gid_t gid, GError **error)
{
  linx_spare_workers_discard_current ();
  assumed = TRUE;
  if (sys_setgroups (0, NULL) < 0)
    return fail (error);
  return leave_root (uid, gid, error);
}

gboolean
linx_credentials_resume (GError **error)
{
  if (!assumed)
    return TRUE;
  return become_root (error) && (sys_setgroups (0, NULL) == 0 ? TRUE : fail (error));
}

gboolean
linx_credentials_suspend (LinxAsRoot *suspended, GError **error)
{
  *suspended = (LinxAsRoot){ sys_geteuid (), sys_getegid () };
  return suspended->uid == 0 || become_root (error);
}

gboolean
linx_credentials_continue (const LinxAsRoot *suspended, GError **error)
{
  return suspended->uid == 0 || leave_root (suspended->uid, suspended->gid, error);
}
