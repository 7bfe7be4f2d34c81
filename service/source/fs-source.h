/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "source/device.h"

/*
 * What a filesystem is made from: a device, an image, or a word.
 */

/**
 * linx_fs_source_pin:
 * @request: type and source
 * @pins: gets the source
 * @error: Resolve.*; InvalidArgs where the type and the source do not go together
 *
 * For a type that lives on a device: a path or descriptor of a block device or of a file with an
 * image, or a tag (LABEL=, UUID=, PARTUUID=, PARTLABEL=). For other types the source stays the word
 * it is; of a type that is not known yet, for root alone. The thread is the caller as far as files
 * are concerned, in the namespace to act in.
 */
gboolean linx_fs_source_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_fs_source_check_need:
 * @pins: type and source
 * @error: InvalidArgs
 *
 * For perform, once the type is known to the kernel, which may have loaded it only now.
 *
 * Returns: whether type and source still go together
 */
gboolean linx_fs_source_check_need (const LinxPins *pins, GError **error);

/**
 * linx_fs_source_open:
 * @request: the request
 * @pins: the source
 * @device: (out): what to make the filesystem from
 * @error: Resolve.ESTALE, Loop.*, SetNs.*
 *
 * For perform: what was pinned, once more; an image gets a loop device. This worker may be in the
 * service's own namespace afterwards, where such a device is to be looked up.
 */
gboolean linx_fs_source_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device,
                              GError **error);
