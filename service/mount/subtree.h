/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "table/table.h"
#include "worker/worker.h"

/**
 * linx_subtree_rows:
 * @table: the table
 * @top: id of a mount
 *
 * Returns: (transfer container) (element-type LinxRow): all mounts below @top, each before those
 *   that are on it, or that it hides
 */
GPtrArray *linx_subtree_rows (const LinxTable *table, guint64 top);

/**
 * linx_subtree_umount:
 * @job: the job; each mount is a step
 * @pins: the mount
 * @flags: for umount2(2)
 * @error: List.*, Umount.*; what was unmounted before stays so, and the error says it
 *
 * Unmounts all that is below the target, leaves first, and not the target itself.
 */
gboolean linx_subtree_umount (LinxJob *job, const LinxPins *pins, int flags, GError **error);
