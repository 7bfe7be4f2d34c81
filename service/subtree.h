/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "worker.h"

/**
 * linx_subtree_umount:
 * @visit: the visit; each mount is a step
 * @pins: the mount
 * @flags: for umount2(2)
 * @error: List.*, Umount.*; what was unmounted before stays so, and the error says it
 *
 * Unmounts all that is below the target, leaves first, and not the target itself.
 */
gboolean linx_subtree_umount (LinxVisit *visit, const LinxPins *pins, int flags, GError **error);
