/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Mount ids: between the kernel's unique ones and mountinfo's reusable ones. All of it runs on a
 * worker, inside the namespace.
 */

/** LinxMountIds: the unique ids of a namespace's mounts, by mountinfo's. */
typedef struct _LinxMountIds LinxMountIds;

/**
 * linx_mount_ids_read:
 * @error: List.*
 *
 * Reads the ids of all mounts of this namespace. Read it after mountinfo: then a row that is in
 * mountinfo and not here is of a mount that is gone.
 *
 * Returns: (transfer full): the ids
 */
LinxMountIds *linx_mount_ids_read (GError **error);

void linx_mount_ids_free (LinxMountIds *ids);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxMountIds, linx_mount_ids_free)

/**
 * linx_mount_ids_find:
 * @ids: the ids
 * @mount_id: mountinfo's id of a mount
 * @device: its device there; a mount that took a freed number over has most likely another
 * @id: (out): its unique id
 * @parent: (out): its parent's
 *
 * Before Linux 6.8 the ids are mountinfo's own, and this is not called.
 *
 * Returns: whether the mount is still there
 */
gboolean linx_mount_ids_find (const LinxMountIds *ids, guint mount_id, dev_t device, guint64 *id,
                              guint64 *parent);

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
 * linx_mount_id_exists:
 * @id: a unique id
 *
 * Returns: whether the mount is in this namespace. Always %FALSE before Linux 6.8, which cannot
 * tell
 */
gboolean linx_mount_id_exists (guint64 id);
