/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"

/**
 * linx_namespace_pin:
 * @where: how the namespace was named
 * @pins: gets the namespace, the root in which its paths resolve, and whose it is
 * @error: OpenNs.*: ESRCH the process is not alive, ENOENT the path is missing, EINVAL it is no
 *   mount namespace
 *
 * Opens the handles as root, in the service's own namespace.
 */
gboolean linx_namespace_pin (const LinxWhere *where, LinxPins *pins, GError **error);

/**
 * linx_namespace_enter:
 * @pins: pins with a namespace
 * @error: SetNs.*, or OpenNs.ESRCH where the process that names it has ended meanwhile
 *
 * Moves this worker into it, for good. Its root and working directory become the root of the
 * namespace (setns(2)). Where no process named the namespace, that is where its paths resolve too.
 */
gboolean linx_namespace_enter (LinxPins *pins, GError **error);
