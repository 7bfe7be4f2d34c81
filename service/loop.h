/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "device.h"

/**
 * linx_loop_open:
 * @request: where in the file the filesystem is
 * @pins: the file, and whether it may be written
 * @device: (out): a loop device on it
 * @error: Loop.*
 *
 * Opens the pinned file as the caller, and puts a loop device on it that the kernel takes away with
 * its last user (LO_FLAGS_AUTOCLEAR, loop(4)). This worker is in the service's own namespace
 * afterwards, where the device is.
 */
gboolean linx_loop_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device,
                         GError **error);
