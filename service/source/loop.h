/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "source/device.h"

/**
 * linx_loop_pin:
 * @request: where in the file the filesystem is
 * @pins: the file; is told whether a loop device for it is there, which will be shared
 * @error: SetNs.*
 */
gboolean linx_loop_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_loop_open:
 * @request: where in the file the filesystem is
 * @pins: the file, and whether it may be written
 * @device: (out): a loop device on it
 * @error: Loop.*: EBUSY where it, or a part of it, is attached to another device already;
 * Resolve.ESTALE where it is not as it was approved
 *
 * Opens the pinned file as the caller, and puts a loop device on it that the kernel takes away with
 * its last user (LO_FLAGS_AUTOCLEAR, loop(4)); a device that is there for exactly that is shared,
 * as mount(8) does, so that both places show one superblock. This worker is in the service's own
 * namespace afterwards, where the device is.
 */
gboolean linx_loop_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device,
                         GError **error);
