/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"

/**
 * linx_namespace_pin:
 * @request: names the namespace to act in, and maybe one that the source is taken from
 * @pins: gets them, the roots in which their paths resolve, and whose they are
 * @error: OpenNs.*: ESRCH the process is not alive, ENOENT the path is missing, EINVAL it is no
 *   mount namespace
 *
 * Opens the handles as root, in the service's own namespace.
 */
gboolean linx_namespace_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_namespace_enter:
 * @pins: pins with that namespace
 * @side: which
 * @error: SetNs.*, or OpenNs.ESRCH where the process that names it has ended meanwhile
 *
 * Moves this worker into it. Its root and working directory become the root of the namespace
 * (setns(2)). Where no process named the namespace, that is where its paths resolve too.
 */
gboolean linx_namespace_enter (LinxPins *pins, LinxSide side, GError **error);

/**
 * linx_namespace_hide_paths:
 * @error: SetNs.*
 *
 * Until it enters a namespace again, this worker's root and working directory are an empty
 * directory: wherever the kernel takes a string of a caller's for a path, it finds nothing.
 */
gboolean linx_namespace_hide_paths (GError **error);

/**
 * linx_namespace_enter_own:
 * @error: SetNs.*
 *
 * Moves this worker back to where the service is: to its devices, and its libraries' files.
 */
gboolean linx_namespace_enter_own (GError **error);
