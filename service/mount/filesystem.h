/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/**
 * linx_filesystem_pin:
 * @request: type, source and options
 * @pins: gets what they name
 * @error: Resolve.*, OpenNs.*, InvalidArgs, NotSupported
 */
gboolean linx_filesystem_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_filesystem_make:
 * @job: the job; opening a device is a step that changes something: a journal may be replayed
 * @request: type and options
 * @pins: what the source was pinned to
 * @error: Mount.*, in the kernel's own words where it has some; Resolve.ESTALE where the device was
 *   exchanged
 *
 * Makes a filesystem in the namespace that this worker is in, and a mount of it, with all of its
 * attributes, that nobody sees yet.
 *
 * Returns: (transfer full): the mount, or -1
 */
int linx_filesystem_make (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_filesystem_change:
 * @job: the job
 * @request: the options to change, and no others
 * @pins: a target that was looked up once more
 * @error: Mount.*
 *
 * Reconfigures the filesystem that the target is the root of (fspick(2)), for all who use it.
 */
gboolean linx_filesystem_change (LinxJob *job, const LinxRequest *request, const LinxPins *pins,
                                 GError **error);
