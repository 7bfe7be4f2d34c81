/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What can be asked about a mount by its id. All of it runs on a worker, inside the namespace.
 */

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
