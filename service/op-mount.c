/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"
#include "linx-error.h"
#include "mount-id.h"
#include "linx-text.h"
#include "ops.h"
#include "process.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* What these show depends on another namespace than the mount namespace. */
static const char *const shows_other_namespace[] = {
  "proc", "sysfs", "mqueue", "cgroup", "cgroup2", "nfsd", "rpc_pipefs", "binfmt_misc", NULL,
};

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
  if (g_strv_contains (shows_other_namespace, request->fstype)) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                 "'fstype' %s shows another namespace than the mount namespace", request->fstype);
    return FALSE;
  }
  return check_path_options (request, pins, error) && linx_pins_hold_target (request, pins, error)
         && pin_source (request, pins, error);
}

/* A filesystem context (fsopen(2)) and what it is for. */
typedef struct {
  int fd;
  const LinxRequest *request;
  const LinxPins *pins;
} Context;

/* The kernel's own words, where it left some in the context: "e tmpfs: Bad value for 'size'". */
static char *
read_words (int context)
{
  char line[1024];
  GString *words = g_string_new (NULL);
  gssize n;

  while ((n = read (context, line, sizeof line - 1)) > 0) {
    line[n] = '\0';
    g_strchomp (line);
    if (n > 2 && line[1] == ' ' && strchr ("ew", line[0]) != NULL)
      g_string_append_printf (words, "%s%s", words->len > 0 ? "; " : "", line + 2);
  }
  return g_string_free (words, FALSE);
}

static gboolean
mount_failed (const Context *context, int err, const char *fallback, GError **error)
{
  g_autofree char *kernel = context->fd >= 0 ? read_words (context->fd) : g_strdup ("");
  g_autofree char *words = NULL;
  g_autofree char *shown = linx_text_escape (kernel);

  if (kernel[0] != '\0')
    words = g_strdup (shown);
  else
    words = g_strdup_printf ("%s on '%s': %s", context->request->fstype, context->pins->source,
                             fallback != NULL ? fallback : strerrordesc_np (err));
  return linx_error_set (error, LINX_STAGE_MOUNT, err, context->pins->target, words);
}

static gboolean
set_option (const Context *context, const char *name, const char *value, GError **error)
{
  int rc = fsconfig (context->fd, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, name,
                     value, 0);

  return rc == 0 ? TRUE : mount_failed (context, errno, name, error);
}

static gboolean
configure (const Context *context, GError **error)
{
  const LinxOptions *options = context->request->options;

  if (context->pins->source[0] != '\0'
      && !set_option (context, "source", context->pins->source, error))
    return FALSE;
  if ((options->attr_set & MOUNT_ATTR_RDONLY) != 0 && !set_option (context, "ro", NULL, error))
    return FALSE;
  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    if (!set_option (context, option->name, option->value, error))
      return FALSE;
  }
  return TRUE;
}

static const char *
explain_create (const Context *context, int err)
{
  if (context->pins->source_kind != LINX_SOURCE_DEVICE)
    return NULL;
  switch (err) {
  case EINVAL:
  case EUCLEAN:
    return "wrong fstype, bad option, or a damaged filesystem; the kernel log may say more";
  case EBUSY:
    return "the device is in use";
  case EROFS:
  case EACCES:
    return "the device is read-only: mount it with option 'ro'";
  default:
    return NULL;
  }
}

/* The device may have been exchanged behind its path since it was approved. Types with a device
 * number of their own (btrfs) do not show theirs, so there the path is asked once more. */
static gboolean
check_device (const Context *context, int mount, GError **error)
{
  const LinxPins *pins = context->pins;
  LinxFileId made, node;
  int rc = linx_file_id_read (&made, mount, "");
  gboolean same;

  if (rc == 0 && made.major == 0) {
    rc = linx_file_id_read (&node, AT_FDCWD, pins->source);
    same
        = rc == 0 && node.rdev_major == pins->device_major && node.rdev_minor == pins->device_minor;
  } else {
    same = rc == 0 && made.major == pins->device_major && made.minor == pins->device_minor;
  }
  return same ? TRUE
              : linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->source,
                                "the device is no longer the one that was approved");
}

/* Makes the filesystem, and a mount of it that nobody sees yet. Returns it, or -1. */
static int
make_mount (const Context *context, GError **error)
{
  guint64 attributes = linx_attributes_effective (context->request, context->pins);
  int mount;

  if (!configure (context, error))
    return -1;
  if (fsconfig (context->fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
    mount_failed (context, errno, explain_create (context, errno), error);
    return -1;
  }
  mount = fsmount (context->fd, FSMOUNT_CLOEXEC, (unsigned int)attributes);
  if (mount < 0) {
    mount_failed (context, errno, NULL, error);
    return -1;
  }
  if (context->pins->source_kind == LINX_SOURCE_DEVICE && !check_device (context, mount, error)) {
    close (mount);
    return -1;
  }
  return mount;
}

static int
open_and_make (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  Context context = { fsopen (request->fstype, FSOPEN_CLOEXEC), request, pins };
  int mount;

  if (context.fd < 0) {
    mount_failed (&context, errno, errno == ENODEV ? "unknown filesystem type" : NULL, error);
    return -1;
  }
  mount = make_mount (&context, error);
  close (context.fd);
  return mount;
}

/* Makes the placeholder as the caller, and holds it in the place of its directory. */
static gboolean
create_target (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *step = g_strdup_printf ("create %s", pins->target);
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
    return linx_error_set (error, LINX_STAGE_CREATE, err, pins->target, NULL);
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

/* Everything that is done with the caller's eyes between the making and the attaching. */
static gboolean
ready_target (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean ok;

  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return FALSE;
  ok = linx_pins_recheck (pins, error)
       && (pins->name == NULL || create_target (visit, request, pins, error));
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
  int mount = open_and_make (request, pins, error);
  LinxFileId id = { 0 };
  gboolean ok;

  if (mount < 0)
    return NULL;
  linx_file_id_read (&id, mount, "");
  ok = check_kinds (request, pins, &id, error) && ready_target (visit, request, pins, error)
       && attach (visit, mount, pins, error);
  close (mount);
  return ok ? g_variant_new ("(t)", id.mount) : NULL;
}
