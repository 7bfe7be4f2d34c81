/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * LinxDevice:
 * @path: (nullable): the device, as the kernel is told; the source's word, where there is none
 * @fd: what keeps it there, where it is a loop device for an image; else -1
 * @major: its number
 * @minor: its number
 */
typedef struct {
  char *path;
  int fd;
  guint major;
  guint minor;
} LinxDevice;

void linx_device_clear (LinxDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LinxDevice, linx_device_clear)

/**
 * linx_device_check:
 * @device: a device
 * @error: Resolve.ESTALE
 *
 * Returns: whether its path still leads to it
 */
gboolean linx_device_check (const LinxDevice *device, GError **error);

/**
 * linx_device_is_below:
 * @device: a device
 * @mount: a mount of a filesystem that was made from it
 * @error: Resolve.ESTALE
 *
 * Returns: whether that filesystem is on @device and no other
 */
gboolean linx_device_is_below (const LinxDevice *device, int mount, GError **error);
