/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "row.h"

/*
 * Mount ids: between the kernel's unique ones and mountinfo's reusable ones. All of it runs on a
 * worker, inside the namespace.
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

/**
 * linx_mount_id_propagation:
 * @id: a mount's id, as linx_file_id_read() gives it
 *
 * Returns: (transfer full): "private", "shared", "slave", "shared,slave" or "unbindable"; "" where
 *   the mount is not there
 */
char *linx_mount_id_propagation (guint64 id);

/**
 * linx_mount_id_unique:
 * @mount_id: mountinfo's id of a mount in this namespace
 *
 * Returns: the id that methods return and take; 0 where the mount is not there
 */
guint64 linx_mount_id_unique (guint mount_id);

/**
 * linx_mount_id_parent:
 * @id: a mount's id
 *
 * Returns: the id of the mount that it is mounted on, its own for one that is on none; 0 where the
 *   mount is not there
 */
guint64 linx_mount_id_parent (guint64 id);

/**
 * linx_mount_id_is_absent:
 * @id: a mount's id
 *
 * Returns: whether it is no mount of this namespace
 */
gboolean linx_mount_id_is_absent (guint64 id);

/**
 * linx_mount_id_exists:
 * @id: a unique id
 *
 * Returns: whether the mount is in this namespace. Always %FALSE before Linux 6.8, which cannot
 * tell
 */
gboolean linx_mount_id_exists (guint64 id);
