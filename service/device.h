/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"

/*
 * Devices: what a filesystem is made from.
 */

/**
 * linx_device_pin:
 * @request: type and source
 * @pins: gets the source
 * @error: Resolve.*; InvalidArgs where the type and the source do not go together
 *
 * For a type that lives on a device: a path or descriptor of a block device or of a file with an
 * image, or a tag (LABEL=, UUID=, PARTUUID=, PARTLABEL=). For other types the source stays the word
 * it is; of a type that is not known yet, for root alone. The thread is the caller as far as files
 * are concerned, in the namespace to act in.
 */
gboolean linx_device_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_device_check_need:
 * @pins: type and source
 * @error: InvalidArgs
 *
 * For perform, once the type is known to the kernel, which may have loaded it only now.
 *
 * Returns: whether type and source still go together
 */
gboolean linx_device_check_need (const LinxPins *pins, GError **error);

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
 * linx_device_open:
 * @request: the request
 * @pins: the source
 * @device: (out): what to make the filesystem from
 * @error: Resolve.ESTALE, Loop.*, SetNs.*
 *
 * For perform: what was pinned, once more; an image gets a loop device. This worker may be in the
 * service's own namespace afterwards, where such a device is to be looked up.
 */
gboolean linx_device_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device,
                           GError **error);

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
