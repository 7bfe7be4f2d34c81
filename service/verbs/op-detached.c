/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "mount/attach.h"
#include "mount/attributes.h"
#include "mount/clone.h"
#include "mount/filesystem.h"
#include "mount/peers.h"
#include "mount/propagation.h"
#include "source/namespaced-fs.h"
#include "table/mount-id.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <errno.h>
#include <sys/mount.h>

/* Detached mounts: trees that no namespace shows, handed out and taken in as descriptors. */

static GVariant *
hand_out (LinxPins *pins, int mount)
{
  pins->reply = mount;
  return mount >= 0 ? g_variant_new ("(h)", 0) : NULL;
}

gboolean
linx_create_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_filesystem_pin (request, pins, error);
}

GVariant *
linx_create_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  return hand_out (pins, linx_filesystem_make (job, request, pins, error));
}

gboolean
linx_clone_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_namespaced_fs_pin_idmap (request, pins, error)
         && linx_pins_hold_source (request, pins, LINX_PATH_TRIGGER, error);
}

GVariant *
linx_clone_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  (void)job;
  return hand_out (pins, linx_clone_make (request, pins, error));
}

static gboolean
not_detached (GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, EINVAL, "mount",
                         "it is not the root of a detached mount");
}

/* A mount that is in this namespace would be moved; one in another the kernel refuses. */
static gboolean
check_detached (const LinxPins *pins, GError **error)
{
  LinxFileId id;
  int rc = linx_file_id_read (&id, pins->source.fd, "");

  if (rc != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, rc, "mount", NULL);
  return linx_pins_is_detached (&id) ? TRUE : not_detached (error);
}

/* Whoever lent it sees that. mount_setattr(2) changes mounts of this namespace and detached ones
 * alone: EINVAL for others. */
static gboolean
prepare (LinxJob *job, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gboolean ok;

  if (!linx_job_commit (job, "setting attributes of the detached mount", error))
    return FALSE;
  ok = linx_attributes_prepare (request, pins, pins->source.fd,
                                request->propagation == MS_SLAVE ? MS_SLAVE : MS_PRIVATE, &failure);
  linx_job_committed (job, ok);
  if (ok)
    return TRUE;
  if (linx_mount_error_get_errno (failure) == EINVAL)
    return not_detached (error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* On a shared mount it has become shared, as it is to be unless something else is asked for. */
static gboolean
make_private (LinxJob *job, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_autofree char *parent = linx_mount_id_propagation (linx_peers_mounted_on (request, pins));

  return request->propagation != 0 || g_str_has_prefix (parent, "shared")
         || linx_propagation_set (job, pins->source.fd, TRUE, MS_PRIVATE, pins->target.path, error);
}

/* Until it was in place, whoever lent it could take attributes back, and have others in its peer
 * group: once more, now that only the namespace's own root can. */
static gboolean
enforce (LinxJob *job, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  LinxAttributes own, tree;
  int mount = pins->source.fd;

  linx_attributes_of (request, pins, &own, &tree);
  return linx_attributes_change (job, mount, TRUE, &tree, pins->target.path, error)
         && linx_attributes_change (job, mount, FALSE, &own, pins->target.path, error)
         && make_private (job, request, pins, error);
}

gboolean
linx_attach_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  pins->source.kind = LINX_SOURCE_FD;
  pins->source.fd = linx_path_reopen (pins->source.given_fd, error);
  return pins->source.fd >= 0 && check_detached (pins, error)
         && linx_pins_hold_target (request, pins, error);
}

GVariant *
linx_attach_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  int mount = pins->source.fd;

  if (!check_detached (pins, error) || !prepare (job, request, pins, error)
      || !linx_attach (job, request, pins, mount, error) || !enforce (job, request, pins, error))
    return NULL;
  return linx_reply_placed (job, request, pins, mount, error);
}
