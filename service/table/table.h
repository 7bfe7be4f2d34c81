/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"

/*
 * Tables: the mounts of one namespace, as a worker in it reads them: by statmount(2) where the
 * kernel tells all there, else by mountinfo. Rows have the ids that methods take.
 */

/**
 * LinxTableQuery:
 * @mountinfo: an open mountinfo file, which shows what can be reached from the root of the process
 *   it was opened for; -1: all of the namespace that this worker is in
 * @top: the mount that this root is on
 * @after: only rows with a greater id
 * @limit: so many rows at most; 0: all
 * @matches: (nullable): whether a row is wanted
 * @data: for @matches
 *
 * Which rows are wanted.
 */
typedef struct {
  int mountinfo;
  guint64 top;
  guint64 after;
  guint limit;
  gboolean (*matches) (const LinxRow *row, gconstpointer data);
  gconstpointer data;
} LinxTableQuery;

/**
 * linx_table_each:
 * @query: which rows
 * @func: called for each of them, in ascending order of id
 * @data: for @func
 * @error: List.*
 *
 * A mount that comes or goes meanwhile may or may not be among them; all others are, once. What is
 * kept meanwhile is no more than @query wants.
 *
 * Returns: whether it could be read
 */
gboolean linx_table_each (const LinxTableQuery *query, LinxRowFunc func, gpointer data,
                          GError **error);

/** LinxTable: the rows of one mount namespace, in ascending order of id. */
typedef struct {
  GPtrArray *rows;
  gsize bytes; /* what they take of a worker's memory */
} LinxTable;

/**
 * linx_table_read:
 * @error: List.*
 *
 * Returns: (transfer full): all of the namespace that this worker is in
 */
LinxTable *linx_table_read (GError **error);

/**
 * linx_table_read_row:
 * @id: a mount's id
 * @error: List.*: ENOENT where it is not there
 *
 * Returns: (transfer full): its row: for g_free()
 */
LinxRow *linx_table_read_row (guint64 id, GError **error);

void linx_table_free (LinxTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxTable, linx_table_free)

/**
 * linx_table_find:
 * @table: a table
 * @id: an id
 *
 * Returns: (transfer none) (nullable): the row of that id
 */
const LinxRow *linx_table_find (const LinxTable *table, guint64 id);

/**
 * linx_table_find_top:
 * @table: a table
 * @mount_point: an absolute path
 * @on: id of the mount that the path leads to before what is mounted there: of its directory
 *
 * A path alone does not name a mount: others of the same path may be hidden below another one.
 *
 * Returns: (transfer none) (nullable): the mount on top of those mounted exactly there
 */
const LinxRow *linx_table_find_top (const LinxTable *table, const char *mount_point, guint64 on);
