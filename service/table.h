/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "row.h"

#include <stdio.h>

/** LinxTable: the rows of one mount namespace, in ascending order of id. */
typedef struct {
  GPtrArray *rows;
} LinxTable;

/**
 * linx_table_parse:
 * @stream: mountinfo (proc_pid_mountinfo(5))
 *
 * Lines and tags that it does not understand are skipped: a newer kernel may write them. A row's id
 * and parent are mountinfo's own.
 *
 * Returns: (transfer full): the rows
 */
LinxTable *linx_table_parse (FILE *stream);

/**
 * linx_table_read:
 * @mountinfo: an open mountinfo file, which shows what can be reached from the root of the process
 *   it was opened for; -1: this worker's own, which shows the whole namespace it is in
 * @error: List.*
 *
 * Reads the table, with unique ids where the kernel has them.
 *
 * Returns: (transfer full): the rows
 */
LinxTable *linx_table_read (int mountinfo, GError **error);

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
