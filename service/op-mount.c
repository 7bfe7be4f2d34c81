/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filesystem.h"
#include "linx-error.h"
#include "linx-text.h"
#include "ops.h"
#include "process.h"
#include "shown.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

typedef enum { DEVICE_UNKNOWN, DEVICE_NEEDED, DEVICE_UNUSED } DeviceNeed;

/* /proc/filesystems says which types live on a device (proc(5)); a type whose module is not loaded
 * yet is not in it. */
static DeviceNeed
device_need (const char *fstype)
{
  int fd = openat (linx_process_proc_fd (), "filesystems", O_RDONLY | O_CLOEXEC);
  FILE *stream = fd >= 0 ? fdopen (fd, "re") : NULL;
  DeviceNeed need = DEVICE_UNKNOWN;
  char line[256];

  if (stream == NULL)
    return need;
  while (need == DEVICE_UNKNOWN && fgets (line, sizeof line, stream) != NULL) {
    const char *name = strchr (line, '\t');

    line[strcspn (line, "\n")] = '\0';
    if (name != NULL && g_str_equal (name + 1, fstype))
      need = g_str_has_prefix (line, "nodev") ? DEVICE_UNUSED : DEVICE_NEEDED;
  }
  fclose (stream);
  return need;
}

/* A block device becomes its canonical path and its number; all else stays the word it is. */
static gboolean
pin_source (const LinxRequest *request, LinxPins *pins, GError **error)
{
  DeviceNeed need = device_need (request->fstype);
  g_auto (LinxPlace) place = { 0 };
  gboolean ok;
  int fd;

  pins->source = g_strdup (request->source);
  if (need == DEVICE_UNUSED || (need == DEVICE_UNKNOWN && request->source[0] != '/'))
    return TRUE;
  if (request->source[0] != '/')
    return linx_error_set_args (error, "'source' must be the absolute path of a block device: '%s'",
                                request->source);
  fd = linx_path_open (pins->fd[LINX_PIN_ROOT], request->source, linx_request_path_flags (request),
                       error);
  if (fd < 0)
    return FALSE;
  ok = linx_place_read (&place, fd, request->source, error);
  close (fd);
  if (!ok)
    return FALSE;
  if (!S_ISBLK (place.id.mode))
    return linx_error_set (error, LINX_STAGE_RESOLVE, ENOTBLK, request->source, NULL);
  g_free (pins->source);
  pins->source = g_steal_pointer (&place.path);
  pins->source_kind = LINX_SOURCE_DEVICE;
  pins->device_major = place.id.rdev_major;
  pins->device_minor = place.id.rdev_minor;
  return TRUE;
}

/* The kernel looks up such a path as root, when the filesystem is made. */
static gboolean
check_path_options (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  for (guint i = 0; i < request->options->fs->len && !pins->privileged; i++) {
    const LinxFsOption *option = g_ptr_array_index (request->options->fs, i);

    if (linx_options_names_path (option)) {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                   "option '%s' names a path, and only root may pass it", option->name);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
linx_mount_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return check_path_options (request, pins, error) && linx_shown_pin (request, pins, error)
         && linx_shown_pin_idmap (request, pins, error)
         && linx_pins_hold_target (request, pins, error) && pin_source (request, pins, error);
}

/* Makes the placeholder as the caller, and holds it in the place of its directory. */
static gboolean
create_target (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *shown = linx_text_escape (pins->target);
  g_autofree char *step = g_strdup_printf ("create %s", shown);
  gboolean directory = request->create == LINX_CREATE_DIRECTORY;
  int parent = pins->fd[LINX_PIN_TARGET];
  int rc, err, made;

  if (!linx_visit_commit (visit, step, error))
    return FALSE;
  rc = directory ? mkdirat (parent, pins->name, 0755)
                 : openat (parent, pins->name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
                           0644);
  err = errno;
  linx_visit_committed (visit, rc >= 0);
  if (rc < 0)
    return linx_error_set (error, LINX_STAGE_CREATE, err, pins->target,
                           err == EOVERFLOW ? "the filesystem has no number for the caller's user"
                                            : NULL);
  if (!directory)
    close (rc);
  made = openat (parent, pins->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (made < 0)
    return linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->target, NULL);
  close (parent);
  pins->fd[LINX_PIN_TARGET] = made;
  linx_place_clear (&pins->place);
  return linx_place_read (&pins->place, made, pins->target, error)
         && (g_str_equal (pins->place.path, pins->target)
                 ? TRUE
                 : linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->target, NULL));
}

/* The eyes with which a placeholder is made: the caller's. For root in a namespace that another
 * user namespace owns, those of the directory's owner: on a filesystem of that user namespace the
 * kernel has no number for a file of root's (EOVERFLOW). */
static gboolean
assume_creator (const LinxPins *pins, GError **error)
{
  if (pins->privileged && pins->ns_foreign && pins->name != NULL)
    return linx_caller_assume_ids (pins->place.id.uid, pins->place.id.gid, error);
  return linx_caller_assume (pins->caller, pins->gid, error);
}

/* What is done with other eyes than root's between the making and the attaching. */
static gboolean
ready_target (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean ok;

  if (!linx_pins_recheck_as_caller (pins, error) || !assume_creator (pins, error))
    return FALSE;
  ok = pins->name == NULL || create_target (visit, request, pins, error);
  return linx_caller_resume (ok ? error : NULL) && ok;
}

/* The kernel has the same EINVAL for this as for all else, and only after a placeholder was made.
 */
static gboolean
check_kinds (const LinxRequest *request, const LinxPins *pins, const LinxFileId *mount,
             GError **error)
{
  gboolean directory = pins->name != NULL ? request->create == LINX_CREATE_DIRECTORY
                                          : S_ISDIR (pins->place.id.mode);

  return directory == S_ISDIR (mount->mode)
             ? TRUE
             : linx_error_set (error, LINX_STAGE_MOVE_MOUNT, ENOTDIR, pins->target,
                               "a directory goes onto a directory only, and a file onto a file");
}

static gboolean
attach (LinxVisit *visit, int mount, const LinxPins *pins, GError **error)
{
  int rc, err;

  if (!linx_visit_commit (visit, "move_mount", error))
    return FALSE;
  rc = move_mount (mount, "", pins->fd[LINX_PIN_TARGET], "",
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  err = errno;
  linx_visit_committed (visit, rc == 0);
  return rc == 0 ? TRUE : linx_error_set (error, LINX_STAGE_MOVE_MOUNT, err, pins->target, NULL);
}

GVariant *
linx_mount_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  LinxFileId id = { 0 };
  gboolean ok;
  int mount;

  if (!linx_pins_recheck_as_caller (pins, error))
    return NULL;
  mount = linx_filesystem_make (visit, request, pins, error);
  if (mount < 0)
    return NULL;
  linx_file_id_read (&id, mount, "");
  ok = check_kinds (request, pins, &id, error) && ready_target (visit, request, pins, error)
       && attach (visit, mount, pins, error);
  close (mount);
  return ok ? g_variant_new ("(t)", id.mount) : NULL;
}
