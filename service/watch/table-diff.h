/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "watch/table-snapshot.h"

#include <gio/gio.h>
#include <sys/types.h>

/*
 * Differences: a worker compares a namespace's table with the last snapshot of it.
 */

/**
 * LinxTableDiff:
 * @snapshot: the last one; afterwards, of now
 * @inode: the namespace, as lsns(8) shows it
 * @ns: its id for ever, to read it by where there is no process; 0: there is none
 * @pid: a process that is in it, to read it from inside, as its processes see it; 0: none
 * @process: that process's pidfd; lent
 * @touched: (element-type guint64): mounts to compare
 * @scans: go on comparing the whole table, part by part, or begin to
 *
 * @start: when it started, monotonic
 * @entered: whether the namespace was there to be read
 * @changes: what has changed
 *
 * What goes to the worker and comes back.
 */
typedef struct {
  LinxTableSnapshot *snapshot;
  guint64 inode;
  guint64 ns;
  pid_t pid;
  int process;
  GArray *touched;
  gboolean scans;

  gint64 start;
  gboolean entered;
  LinxChanges changes;
} LinxTableDiff;

/** linx_table_diff_new: (transfer full): a comparison of nothing yet. */
LinxTableDiff *linx_table_diff_new (void);

void linx_table_diff_free (LinxTableDiff *diff);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxTableDiff, linx_table_diff_free)

/**
 * linx_table_diff_start:
 * @diff: (transfer full): what to compare
 * @callback: called in the main context
 * @data: for @callback
 */
void linx_table_diff_start (LinxTableDiff *diff, GAsyncReadyCallback callback, gpointer data);

/**
 * linx_table_diff_finish:
 * @result: the result
 * @diff: (out) (transfer full) (nullable): the comparison; %NULL where the worker did not come back
 * @error: List.*, Watch.ESRCH where the process is not in the namespace any more, or Timeout
 *
 * Returns: whether it was done
 */
gboolean linx_table_diff_finish (GAsyncResult *result, LinxTableDiff **diff, GError **error);
