/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"

/*
 * statmount(2) and listmount(2): the kernel's table one mount at a time. For kernels that have all
 * of a row there: linx_feature_statmount().
 *
 * A namespace is named by the id it has for ever (NS_GET_MNTNS_ID, ioctl_nsfs(2)), or by 0: the one
 * that this worker is in. Mount points are seen from this worker's root in its own namespace, and
 * from the namespace's root in another one. What cannot be reached from there is no row.
 */

/**
 * linx_statmount_tells_all:
 *
 * Returns: whether this kernel tells all of a row, and says so (STATMOUNT_SUPPORTED_MASK, 6.15)
 */
gboolean linx_statmount_tells_all (void);

/** LinxStatmount: what a row's strings are read into. */
typedef struct _LinxStatmount LinxStatmount;

LinxStatmount *linx_statmount_new (void);
void linx_statmount_free (LinxStatmount *statmount);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxStatmount, linx_statmount_free)

/**
 * linx_statmount_read:
 * @statmount: keeps the strings, until it is used again
 * @ns: a namespace
 * @id: a mount's unique id
 * @row: (out): the mount
 *
 * Returns: 0, or an errno: ENOENT where there is no such mount, or none that can be reached
 */
int linx_statmount_read (LinxStatmount *statmount, guint64 ns, guint64 id, LinxRow *row);

/**
 * linx_statmount_each:
 * @ns: a namespace
 * @after: only mounts with a greater id
 * @func: called for each mount, in ascending order of id
 * @data: for @func
 * @error: List.*: ENOENT where the namespace is gone
 *
 * A mount that comes or goes meanwhile may or may not be among them; all others are, once.
 *
 * Returns: whether all of it could be read, or as much as @func wanted
 */
gboolean linx_statmount_each (guint64 ns, guint64 after, LinxRowFunc func, gpointer data,
                              GError **error);
