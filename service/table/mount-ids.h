/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"

/*
 * The unique ids of a namespace's mounts, for rows that are read from mountinfo. All of it runs on
 * a worker, inside the namespace.
 */

/** LinxMountIds: the unique ids of a namespace's mounts, by mountinfo's. */
typedef struct _LinxMountIds LinxMountIds;

/**
 * linx_mount_ids_read:
 * @top: a mount of this namespace; 0: what is mounted at its "/"
 * @error: List.*
 *
 * Reads the ids of @top and all mounts below it.
 *
 * Returns: (transfer full): the ids
 */
LinxMountIds *linx_mount_ids_read (guint64 top, GError **error);

void linx_mount_ids_free (LinxMountIds *ids);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxMountIds, linx_mount_ids_free)

/**
 * linx_mount_ids_take:
 * @ids: the ids
 * @row: a line of mountinfo that was read after @ids
 *
 * Gives the row the unique ids of its mount and of its parent. The number that mountinfo has for it
 * may have been another mount's when @ids was read: that one is gone now.
 *
 * Returns: whether it is a mount of @ids
 */
gboolean linx_mount_ids_take (const LinxMountIds *ids, LinxRow *row);
