/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request/request.h"

/**
 * linx_fstab_is_wanted:
 * @request: a request
 *
 * Returns: whether it is a Mount that leaves out what /etc/fstab may know: the type, or the source
 */
gboolean linx_fstab_is_wanted (const LinxRequest *request);

/**
 * linx_fstab_is_needed:
 * @request: a request
 *
 * Returns: whether it cannot be done without a line: it has no target, or no type and no source, or
 *   not the device of a type that lives on one
 */
gboolean linx_fstab_is_needed (const LinxRequest *request);

/**
 * linx_fstab_complete:
 * @request: a request that leaves something out
 * @probe: whether to look for tags on all devices, where udev has no links
 * @error: Fstab.ENOENT where no line is about it; else as linx_request_decode()
 *
 * Looks it up in fstab(5), with the credentials of this thread, and decodes the call once more as
 * if all had been given: the line's options first, then the caller's. A target that no line has may
 * be the source of one. Where a line is not needed, and none is about it, the request stays as it
 * is. Only in the host's namespace.
 *
 * Returns: (transfer full): the complete request
 */
LinxRequest *linx_fstab_complete (LinxRequest *request, gboolean probe, GError **error);
