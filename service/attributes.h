/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"

/**
 * linx_attributes_effective:
 * @request: what was asked for
 * @pins: who asks
 *
 * Returns: the attributes (MOUNT_ATTR_*) that a new mount gets: those asked for, and for a caller
 * who is not privileged nosuid and nodev, unless the words `suid` and `dev` take them back
 */
guint64 linx_attributes_effective (const LinxRequest *request, const LinxPins *pins);

/**
 * linx_attributes_need_unrestricted:
 * @request: what was asked for
 * @pins: who asks, and where
 *
 * Returns: whether the request also needs the action mount-unrestricted: it takes nosuid or nodev
 *   back, maps ids, passes the filesystem an option that is not known to be harmless, or goes to a
 * namespace whose root can undo the attributes
 */
gboolean linx_attributes_need_unrestricted (const LinxRequest *request, const LinxPins *pins);
