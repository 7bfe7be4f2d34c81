/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/**
 * linx_fstype_detect:
 * @request: where on the source the filesystem is
 * @pins: the source; gets the type
 * @error: Mount.*; EACCES where the caller may not read the source
 *
 * Reads from the pinned source, as the caller, what filesystem is on it.
 */
gboolean linx_fstype_detect (const LinxRequest *request, LinxPins *pins, GError **error);
