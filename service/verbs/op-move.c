/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "mount/attach.h"
#include "mount/peers.h"
#include "mount/propagation.h"
#include "mount/utab.h"
#include "table/mount-id.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, err, pins->source.path, words);
}

gboolean
linx_move_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_source (request, pins, 0, error))
    return FALSE;
  if (g_str_equal (pins->source.path, "/"))
    return fail (pins, EINVAL, "the root of the namespace is never moved", error);
  if (!pins->source.place.id.mount_root)
    return fail (pins, EINVAL, "not a mount point", error);
  if (!linx_pins_hold_target (request, pins, error))
    return FALSE;
  if (S_ISDIR (pins->source.place.id.mode) != S_ISDIR (pins->target.place.id.mode))
    return fail (pins, ENOTDIR, "a directory goes onto a directory only, and a file onto a file",
                 error);
  return TRUE;
}

/* do_move_mount(), fs/namespace.c, has one errno for all of these. */
static const char *
explain (const LinxRequest *request, const LinxPins *pins, int err)
{
  guint64 parent = linx_mount_id_parent (pins->source.place.id.mount);
  g_autofree char *propagation = linx_mount_id_propagation (parent);

  if (err == ELOOP)
    return "the target is below the mount itself";
  if (err == ENOENT)
    return "its root, or the target, was deleted: the kernel puts it nowhere else";
  if (err != EINVAL)
    return NULL;
  if (g_str_has_prefix (propagation, "shared"))
    return "the mount that it is on is shared: make that one private first (SetPropagation), or "
           "bind it to the new place and unmount it here";
  if (request->beneath)
    return "it is unbindable or locked in place, or nothing goes beneath the target, which is the "
           "root of a namespace or locked, or propagation would bring it there twice";
  return "it came locked from a more privileged mount namespace, or is unbindable and the target "
         "shared";
}

GVariant *
linx_move_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  int mount = pins->source.fd;
  int rc, err;

  /* The source last: whoever can have the look-up of the target wait has it be where it was
   * approved all the same. */
  if (!linx_pins_recheck_as_caller (pins, error) || !linx_peers_recheck (request, pins, error)
      || !linx_pins_recheck_source (pins, error) || !linx_job_commit (job, "move_mount", error))
    return NULL;
  rc = linx_attach_move (request, mount, pins->target.fd);
  err = errno;
  linx_job_committed (job, rc == 0);
  if (rc < 0) {
    fail (pins, err, explain (request, pins, err), error);
    return NULL;
  }
  if (!linx_propagation_last_step (job, request, pins, mount, error))
    return NULL;
  linx_utab_move (pins);
  return linx_reply_changed (request, mount);
}
