/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "mount/attach.h"
#include "mount/attributes.h"
#include "mount/clone.h"
#include "mount/filesystem.h"
#include "mount/staging.h"
#include "source/namespaced-fs.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Detached mounts: trees that no namespace shows, handed out and taken in as descriptors. */

static GVariant *
hand_out (LinxPins *pins, int mount)
{
  pins->reply = mount;
  return mount >= 0 ? g_variant_new ("(h)", 0) : NULL;
}

/* Whoever holds a detached mount can enter a user namespace, and change it there as it likes
 * (do_mount_setattr(), fs/namespace.c, asks for a capability in the namespace of the caller): no
 * attribute of it restricts who it is handed to, and none may seem to. */
static gboolean
check_attributes (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  const guint64 all = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

  return pins->sender.privileged || (request->options->attr.clear & all) == all
             ? TRUE
             : linx_error_set_args (error, "'options' must have rw,suid,dev,exec: who holds a "
                                           "detached mount can give it these itself");
}

gboolean
linx_create_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return check_attributes (request, pins, error) && linx_filesystem_pin (request, pins, error);
}

GVariant *
linx_create_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  return hand_out (pins, linx_filesystem_make (job, request, pins, error));
}

gboolean
linx_clone_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return check_attributes (request, pins, error)
         && linx_namespaced_fs_pin_idmap (request, pins, error)
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

gboolean
linx_attach_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  pins->source.kind = LINX_SOURCE_FD;
  pins->source.fd = linx_path_reopen (pins->source.given_fd, error);
  return pins->source.fd >= 0 && check_detached (pins, error)
         && linx_pins_hold_target (request, pins, error);
}

/* What is attached is a clone, which nobody else holds: who lent the mount could else change it
 * until it is in place, be in its peer group, and keep attributes from being set. */
GVariant *
linx_attach_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  LinxFileId id = { 0 };
  int rc = linx_file_id_read (&id, pins->source.fd, "");

  if (rc != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, rc, "mount", NULL), NULL;
  if (!check_detached (pins, error) || !linx_attach_check_kind (request, pins, id.mode, error)
      || !linx_staging_take (job, pins, S_ISDIR (id.mode), error)
      || !linx_attributes_prepare (request, pins, pins->source.fd,
                                   request->propagation == MS_SLAVE ? MS_SLAVE : MS_PRIVATE, error)
      || !linx_attach (job, request, pins, pins->source.fd, error))
    return NULL;
  return linx_reply_placed (job, request, pins, pins->source.fd, error);
}
