/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Snapshots of a namespace's table: of each mount its id and a hash of its row, to tell what has
 * changed since. For one thread at a time: a worker's while it compares, else the main loop's.
 *
 * A namespace is named by the id it has for ever, or by 0: the one that this worker is in.
 */

/** LinxTableSnapshot: a table as it was when it was read last. */
typedef struct _LinxTableSnapshot LinxTableSnapshot;

/**
 * LinxChanges:
 * @any: whether there are any
 * @too_many: whether they are more than a signal takes: then the values are not there
 * @removed: "at", the ids of mounts that are gone
 * @added: "a(a{sv})", the rows of those that came
 * @changed: "a(a{sv})", the rows of those that are otherwise than before
 */
typedef struct {
  gboolean any;
  gboolean too_many;
  GVariant *removed;
  GVariant *added;
  GVariant *changed;
} LinxChanges;

/**
 * LinxSnapshotEntry:
 * @id: a mount
 * @hash: of its row (linx_row_hash())
 *
 * What somebody was told of a mount by a listing.
 */
typedef struct {
  guint64 id;
  guint64 hash;
} LinxSnapshotEntry;

void linx_changes_clear (LinxChanges *changes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LinxChanges, linx_changes_clear)

/**
 * linx_table_snapshot_new:
 * @ns: a namespace
 * @error: List.*
 *
 * Returns: (transfer full): its table, as it is now
 */
LinxTableSnapshot *linx_table_snapshot_new (guint64 ns, GError **error);

void linx_table_snapshot_free (LinxTableSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxTableSnapshot, linx_table_snapshot_free)

/**
 * linx_table_snapshot_update:
 * @snapshot: the last one; after an error it is good for nothing more
 * @ns: the namespace
 * @touched: (element-type guint64): mounts to read again; they may be gone
 * @scans: read the next five hundred mounts too, and the first ones after the last; where the
 * table is read by mountinfo, all of them
 * @changes: (out): what has changed
 * @error: List.*
 *
 * Returns: whether it could be read
 */
gboolean linx_table_snapshot_update (LinxTableSnapshot *snapshot, guint64 ns, const GArray *touched,
                                     gboolean scans, LinxChanges *changes, GError **error);

/**
 * linx_table_snapshot_note:
 * @snapshot: the last one
 * @listed: (element-type LinxSnapshotEntry): rows that were listed since
 * @compares: whether to mind their hashes
 *
 * Whoever has a row that is not in the snapshot, or is otherwise there, is to be told what became
 * of it, also where that is gone before the next comparison.
 *
 * Returns: whether there are such: the whole table has to be compared
 */
gboolean linx_table_snapshot_note (LinxTableSnapshot *snapshot, const GArray *listed,
                                   gboolean compares);

/** linx_table_snapshot_is_scanning: whether a sweep is under way: there are mounts that it has yet
 * to look at.
 */
gboolean linx_table_snapshot_is_scanning (const LinxTableSnapshot *snapshot);
