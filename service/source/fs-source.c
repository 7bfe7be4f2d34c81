/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/fs-source.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "lookup/namespace.h"
#include "source/filesystem-types.h"
#include "source/fstype.h"
#include "source/loop.h"
#include "source/namespaced-fs.h"
#include "source/tag.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* What fsconfig(2) takes as a string: strndup_user (value, 256), fs/fsopen.c. */
#define MAX_SOURCE_BYTES 255

/* A device of the service's own /dev, by its tag. */
static gboolean
pin_tag (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *path = NULL;
  gboolean ok;

  if (!linx_namespace_enter_own (error))
    return FALSE;
  path = linx_tag_find (request->source.path, pins->sender.privileged, error);
  pins->source.fd = path != NULL ? linx_path_open (AT_FDCWD, path, 0, error) : -1;
  ok = pins->source.fd >= 0 && linx_place_read (&pins->source.place, pins->source.fd, path, error);
  pins->source.kind = LINX_SOURCE_TAG;
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
refuse_word (const char *word, GError **error)
{
  return linx_error_set_args (
      error,
      "'source' must be the absolute path of a block device or an image, or "
      "a tag like LABEL=: '%s'",
      word);
}

static gboolean
pin_image (const LinxRequest *request, LinxPins *pins, GError **error)
{
  pins->source.kind = LINX_SOURCE_FILE;
  pins->source.read_only = !linx_path_may_write (pins->source.fd);
  if (pins->source.read_only && (request->options->attr.clear & MOUNT_ATTR_RDONLY) != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_LOOP, EACCES, pins->source.path,
                           "option 'rw', and the file may not be written");
  return linx_loop_pin (request, pins, error);
}

static gboolean
pin_path (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_source (request, pins, LINX_PATH_TRIGGER, error))
    return FALSE;
  if (S_ISREG (pins->source.place.id.mode))
    return pin_image (request, pins, error);
  if (!S_ISBLK (pins->source.place.id.mode))
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENOTBLK,
                           linx_named_text (&request->source),
                           "neither a block device nor a file with an image");
  if (has_image_options (request->options))
    return refuse_image_options (error);
  pins->source.kind = LINX_SOURCE_DEVICE;
  return TRUE;
}

/* To a type that is not known yet a word may be a device, or a path: what it is to be the kernel
 * would find out itself, as root. */
static gboolean
pin_word (const LinxRequest *request, LinxPins *pins, LinxTypeNeed need, GError **error)
{
  if (need == LINX_TYPE_UNKNOWN && !pins->sender.privileged)
    return linx_error_set_args (
        error,
        "'fstype' is not known to this kernel yet: '%s'; root may mount it, "
        "which loads it",
        pins->fs.type);
  if (!pins->fs.by_helper && strlen (request->source.path) > MAX_SOURCE_BYTES)
    return linx_error_set_args (error, "'source' is longer than %d bytes", MAX_SOURCE_BYTES);
  pins->source.path = g_strdup (request->source.path);
  return TRUE;
}

/* Whatever it is: the helper knows what it can mount. */
static gboolean
pin_for_helper (const LinxRequest *request, LinxPins *pins, gboolean is_tag, GError **error)
{
  if (!is_tag)
    return linx_pins_hold_source (request, pins, LINX_PATH_TRIGGER, error);
  if (!pin_tag (request, pins, error))
    return FALSE;
  pins->source.path = g_strdup (pins->source.place.path);
  return TRUE;
}

/* "//server/share" is no path to those types. */
static gboolean
is_share (const char *fstype, const char *source)
{
  return (g_str_equal (fstype, "cifs") || g_str_equal (fstype, "smb3"))
         && g_str_has_prefix (source, "//");
}

gboolean
linx_fs_source_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxNamed *source = &request->source;
  gboolean deviceless = pins->fs.by_helper || linx_namespaced_fs_is (pins->fs.type);
  LinxTypeNeed need = deviceless ? LINX_TYPE_NO_DEVICE : linx_filesystem_type_need (pins->fs.type);
  gboolean is_path
      = source->fd >= 0 || (source->path[0] == '/' && !is_share (pins->fs.type, source->path));
  gboolean is_tag = source->fd < 0 && linx_tag_is (source->path);
  gboolean ok;

  if (pins->fs.by_helper && (is_path || is_tag))
    return pin_for_helper (request, pins, is_tag, error);
  if (need == LINX_TYPE_NO_DEVICE && source->fd >= 0)
    return linx_error_set_args (error, "'source-fd' is no source for fstype %s", pins->fs.type);
  if (need == LINX_TYPE_NO_DEVICE && has_image_options (request->options))
    return refuse_image_options (error);
  if (need == LINX_TYPE_NO_DEVICE
      || (need == LINX_TYPE_UNKNOWN && !is_path && !is_tag && pins->fs.type[0] != '\0'))
    return pin_word (request, pins, need, error);
  if (!is_path && !is_tag && pins->fs.type[0] == '\0')
    return linx_error_set_args (error, "'fstype' is empty, and 'source' nothing to read it from");
  if (!is_path && !is_tag)
    return refuse_word (source->path, error);
  ok = is_tag ? pin_tag (request, pins, error) : pin_path (request, pins, error);
  if (!ok)
    return FALSE;
  g_free (pins->source.path);
  pins->source.path = g_strdup (pins->source.place.path);
  pins->source.major = pins->source.place.id.rdev_major;
  pins->source.minor = pins->source.place.id.rdev_minor;
  if (pins->fs.type[0] != '\0')
    return TRUE;
  /* What is on it would be parsed, with root's rights, before anybody was asked. */
  if (!pins->sender.privileged)
    return linx_error_set_args (error, "'fstype' is empty: only root has it read from the source");
  return linx_fstype_detect (request, pins, error);
}

gboolean
linx_fs_source_check_need (const LinxPins *pins, GError **error)
{
  LinxTypeNeed need = linx_filesystem_type_need (pins->fs.type);

  if (pins->source.kind == LINX_SOURCE_NONE && need == LINX_TYPE_DEVICE)
    return refuse_word (pins->source.path, error);
  if (pins->source.kind != LINX_SOURCE_NONE && need == LINX_TYPE_NO_DEVICE)
    return linx_error_set_args (error, "fstype %s is made from no device and no image: '%s'",
                                pins->fs.type, pins->source.path);
  return TRUE;
}

/* The service's own node of the approved number, as the kernel names it. The kernel takes no
 * descriptor for a device and looks a path up: never one that a caller can have lead elsewhere.
 */
static char *
own_node (const LinxPins *pins, GError **error)
{
  g_autofree char *uevent
      = g_strdup_printf ("/sys/dev/block/%u:%u/uevent", pins->source.major, pins->source.minor);
  g_autofree char *text = NULL;
  const char *name = NULL;

  if (g_file_get_contents (uevent, &text, NULL, NULL))
    name = strstr (text, "DEVNAME=");
  if (name == NULL) {
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENODEV, pins->source.path,
                    "the device is gone");
    return NULL;
  }
  name += strlen ("DEVNAME=");
  return g_strdup_printf ("/dev/%.*s", (int)strcspn (name, "\n"), name);
}

gboolean
linx_fs_source_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device, GError **error)
{
  if (pins->source.kind == LINX_SOURCE_NONE) {
    device->path = g_strdup (pins->source.path);
    return TRUE;
  }
  if (pins->source.kind != LINX_SOURCE_TAG && !linx_pins_recheck_source (pins, error))
    return FALSE;
  if (pins->source.kind == LINX_SOURCE_FILE)
    return linx_loop_open (request, pins, device, error);
  if (!linx_namespace_enter_own (error))
    return FALSE;
  device->major = pins->source.major;
  device->minor = pins->source.minor;
  device->path = own_node (pins, error);
  return device->path != NULL;
}
