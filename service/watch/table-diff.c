/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/table-diff.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "worker/async-close.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#define TIMEOUT_MS 60000

LinxTableDiff *
linx_table_diff_new (void)
{
  LinxTableDiff *diff = g_new0 (LinxTableDiff, 1);

  diff->process = -1;
  diff->touched = g_array_new (FALSE, FALSE, sizeof (guint64));
  return diff;
}

void
linx_table_diff_free (LinxTableDiff *diff)
{
  g_clear_pointer (&diff->snapshot, linx_table_snapshot_free);
  linx_changes_clear (&diff->changes);
  g_array_unref (diff->touched);
  g_free (diff);
}

static gboolean
left (GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_WATCH, ESRCH, "process",
                         "it is not in the namespace any more");
}

static gboolean
enter (const LinxTableDiff *diff, GError **error)
{
  int ns = linx_process_open (diff->pid, "ns/mnt", O_RDONLY);
  gboolean ok = ns >= 0 && linx_process_alive (diff->process)
                && linx_ns_fd_inode (ns) == diff->inode && setns (ns, CLONE_NEWNS) == 0;

  if (ns >= 0)
    close (ns);
  return ok ? TRUE : left (error);
}

static gboolean
compare (LinxJob *job, gpointer data, GError **error)
{
  LinxTableDiff *diff = data;
  gboolean inside = diff->pid != 0;

  (void)job;
  if (!inside && diff->ns == 0)
    return left (error);
  diff->entered = inside ? enter (diff, error) : TRUE;
  return diff->entered
         && linx_table_snapshot_update (diff->snapshot, inside ? 0 : diff->ns, diff->touched,
                                        diff->scans, &diff->changes, error);
}

static void
find_places (gpointer diff, LinxFdPlaces *places)
{
  linx_fd_places_add (places, LINX_FD_LENT, &((LinxTableDiff *)diff)->process);
}

static void
free_diff (gpointer diff)
{
  linx_async_close_free (LINX_ACCOUNT_ROOT, diff, (GDestroyNotify)linx_table_diff_free);
}

void
linx_table_diff_start (LinxTableDiff *diff, GAsyncReadyCallback callback, gpointer data)
{
  diff->start = g_get_monotonic_time ();
  linx_workers_run (compare, diff, free_diff, find_places, TIMEOUT_MS, callback, data);
}

gboolean
linx_table_diff_finish (GAsyncResult *result, LinxTableDiff **diff, GError **error)
{
  return linx_workers_run_finish (result, (gpointer *)diff, error);
}
