/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/device.h"
#include "linx-error.h"
#include "lookup/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
linx_device_clear (LinxDevice *device)
{
  g_clear_pointer (&device->path, g_free);
  if (device->fd >= 0)
    close (device->fd);
  device->fd = -1;
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
