/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"
#include "fstype.h"
#include "linx-error.h"
#include "loop.h"
#include "namespace.h"
#include "process.h"
#include "shown.h"
#include "sys.h"
#include "tag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

typedef enum { DEVICE_UNKNOWN, DEVICE_NEEDED, DEVICE_UNUSED } DeviceNeed;

static GHashTable *known; /* by type; made once, and only read from then on */

/* Calls @func with each type of /proc/filesystems, and what it needs (proc(5)). */
static void
for_each_type (void (*func) (const char *fstype, DeviceNeed need, gpointer data), gpointer data)
{
  int fd = openat (linx_process_proc_fd (), "filesystems", O_RDONLY | O_CLOEXEC);
  FILE *stream = fd >= 0 ? fdopen (fd, "re") : NULL;
  char line[256];

  if (stream == NULL)
    return;
  while (fgets (line, sizeof line, stream) != NULL) {
    const char *name = strchr (line, '\t');

    line[strcspn (line, "\n")] = '\0';
    if (name != NULL)
      func (name + 1, g_str_has_prefix (line, "nodev") ? DEVICE_UNUSED : DEVICE_NEEDED, data);
  }
  fclose (stream);
}

static void
keep (const char *fstype, DeviceNeed need, gpointer unused)
{
  (void)unused;
  g_hash_table_insert (known, g_strdup (fstype), GINT_TO_POINTER (need));
}

void
linx_device_init (void)
{
  known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for_each_type (keep, NULL);
}

typedef struct {
  const char *fstype;
  DeviceNeed need;
} Wanted;

static void
match (const char *fstype, DeviceNeed need, gpointer data)
{
  Wanted *wanted = data;

  if (g_str_equal (fstype, wanted->fstype))
    wanted->need = need;
}

/* A type whose module was loaded since the start is in the file alone; one whose module is not
 * loaded yet is not there either. */
static DeviceNeed
device_need (const char *fstype)
{
  Wanted wanted = { fstype, GPOINTER_TO_INT (g_hash_table_lookup (known, fstype)) };

  if (wanted.need == DEVICE_UNKNOWN)
    for_each_type (match, &wanted);
  return wanted.need;
}

gboolean
linx_device_is_needed (const char *fstype)
{
  return device_need (fstype) == DEVICE_NEEDED;
}

/* A device of the service's own /dev, by its tag. */
static gboolean
pin_tag (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *path = NULL;
  gboolean ok;

  if (!linx_namespace_enter_own (error))
    return FALSE;
  path = linx_tag_find (request->source.path, pins->privileged, error);
  pins->fd[LINX_PIN_SOURCE] = path != NULL ? linx_path_open (AT_FDCWD, path, 0, error) : -1;
  ok = pins->fd[LINX_PIN_SOURCE] >= 0
       && linx_place_read (&pins->source_place, pins->fd[LINX_PIN_SOURCE], path, error);
  pins->source_kind = LINX_SOURCE_TAG;
  return ok && linx_namespace_enter (pins, LINX_IN, error);
}

static gboolean
has_image_options (const LinxOptions *options)
{
  return options->loop || options->offset != 0 || options->size_limit != 0;
}

static gboolean
refuse_image_options (GError **error)
{
  return linx_error_set_args (error, "option 'loop', 'offset' or 'sizelimit' is for an image file");
}

static gboolean
pin_image (const LinxRequest *request, LinxPins *pins, GError **error)
{
  pins->source_kind = LINX_SOURCE_FILE;
  pins->source_read_only = !linx_path_may_write (pins->fd[LINX_PIN_SOURCE]);
  if (pins->source_read_only && (request->options->attr.clear & MOUNT_ATTR_RDONLY) != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_LOOP, EACCES, pins->source,
                           "option 'rw', and the file may not be written");
  return TRUE;
}

static gboolean
pin_path (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_source (request, pins, error))
    return FALSE;
  if (S_ISREG (pins->source_place.id.mode))
    return pin_image (request, pins, error);
  if (!S_ISBLK (pins->source_place.id.mode))
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENOTBLK,
                           linx_named_text (&request->source),
                           "neither a block device nor a file with an image");
  if (has_image_options (request->options))
    return refuse_image_options (error);
  pins->source_kind = LINX_SOURCE_DEVICE;
  return TRUE;
}

/* Whatever it is: the helper knows what it can mount. */
static gboolean
pin_for_helper (const LinxRequest *request, LinxPins *pins, gboolean is_tag, GError **error)
{
  if (!is_tag)
    return linx_pins_hold_source (request, pins, error);
  if (!pin_tag (request, pins, error))
    return FALSE;
  pins->source = g_strdup (pins->source_place.path);
  return TRUE;
}

gboolean
linx_device_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxNamed *source = &request->source;
  gboolean deviceless = pins->helper || linx_shown_is (pins->fstype);
  DeviceNeed need = deviceless ? DEVICE_UNUSED : device_need (pins->fstype);
  gboolean is_path = source->fd >= 0 || source->path[0] == '/';
  gboolean is_tag = source->fd < 0 && linx_tag_is (source->path);
  gboolean ok;

  if (pins->helper && (is_path || is_tag))
    return pin_for_helper (request, pins, is_tag, error);
  if (need == DEVICE_UNUSED && source->fd >= 0)
    return linx_error_set_args (error, "'source-fd' is no source for fstype %s", pins->fstype);
  if (need == DEVICE_UNUSED && has_image_options (request->options))
    return refuse_image_options (error);
  if (need == DEVICE_UNUSED
      || (need == DEVICE_UNKNOWN && !is_path && !is_tag && pins->fstype[0] != '\0')) {
    pins->source = g_strdup (source->path);
    return TRUE;
  }
  if (!is_path && !is_tag && pins->fstype[0] == '\0')
    return linx_error_set_args (error, "'fstype' is empty, and 'source' nothing to read it from");
  if (!is_path && !is_tag)
    return linx_error_set_args (error,
                                "'source' must be the absolute path of a block device or an image, "
                                "or a tag like LABEL=: '%s'",
                                source->path);
  ok = is_tag ? pin_tag (request, pins, error) : pin_path (request, pins, error);
  if (!ok)
    return FALSE;
  g_free (pins->source);
  pins->source = g_strdup (pins->source_place.path);
  pins->device_major = pins->source_place.id.rdev_major;
  pins->device_minor = pins->source_place.id.rdev_minor;
  if (pins->fstype[0] != '\0')
    return TRUE;
  /* What is on it would be parsed, with root's rights, before anybody was asked. */
  if (!pins->privileged)
    return linx_error_set_args (error, "'fstype' is empty: only root has it read from the source");
  return linx_fstype_detect (request, pins, error);
}

void
linx_device_clear (LinxDevice *device)
{
  g_clear_pointer (&device->path, g_free);
  if (device->fd >= 0)
    close (device->fd);
  device->fd = -1;
}

/* The service's own node of the approved number, as the kernel names it. The kernel takes no
 * descriptor for a device and looks a path up: never one that a stranger can have lead elsewhere.
 */
static char *
own_node (const LinxPins *pins, GError **error)
{
  g_autofree char *uevent
      = g_strdup_printf ("/sys/dev/block/%u:%u/uevent", pins->device_major, pins->device_minor);
  g_autofree char *text = NULL;
  const char *name = NULL;

  if (g_file_get_contents (uevent, &text, NULL, NULL))
    name = strstr (text, "DEVNAME=");
  if (name == NULL) {
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENODEV, pins->source, "the device is gone");
    return NULL;
  }
  name += strlen ("DEVNAME=");
  return g_strdup_printf ("/dev/%.*s", (int)strcspn (name, "\n"), name);
}

gboolean
linx_device_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device, GError **error)
{
  if (pins->source_kind == LINX_SOURCE_NONE) {
    device->path = g_strdup (pins->source);
    return TRUE;
  }
  if (pins->source_kind != LINX_SOURCE_TAG && !linx_pins_recheck_source (pins, error))
    return FALSE;
  if (pins->source_kind == LINX_SOURCE_FILE)
    return linx_loop_open (request, pins, device, error);
  if (!linx_namespace_enter_own (error))
    return FALSE;
  device->major = pins->device_major;
  device->minor = pins->device_minor;
  device->path = own_node (pins, error);
  return device->path != NULL;
}

static gboolean
stale (const LinxDevice *device, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, device->path,
                         "the device is no longer the one that was approved");
}

/* The kernel looks the device up by its path, and follows links. */
gboolean
linx_device_check (const LinxDevice *device, GError **error)
{
  LinxFileId node;
  int fd = linx_path_open (AT_FDCWD, device->path, LINX_PATH_NO_SYMLINKS, error);
  int rc;

  if (fd < 0)
    return FALSE;
  rc = linx_file_id_read (&node, fd, "");
  close (fd);
  if (rc == 0 && S_ISBLK (node.mode) && node.rdev_major == device->major
      && node.rdev_minor == device->minor)
    return TRUE;
  return stale (device, error);
}

/* Types with a device number of their own (btrfs) do not show theirs: there the path is asked once
 * more. */
gboolean
linx_device_is_below (const LinxDevice *device, int mount, GError **error)
{
  LinxFileId made;

  if (linx_file_id_read (&made, mount, "") == 0 && made.major != 0)
    return made.major == device->major && made.minor == device->minor ? TRUE
                                                                      : stale (device, error);
  return linx_device_check (device, error);
}
