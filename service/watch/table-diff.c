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
  LinxTableDiff *look = g_new0 (LinxTableDiff, 1);

  look->process = -1;
  look->touched = g_array_new (FALSE, FALSE, sizeof (guint64));
  return look;
}

void
linx_table_diff_free (LinxTableDiff *look)
{
  g_clear_pointer (&look->seen, linx_table_snapshot_free);
  linx_changes_clear (&look->changes);
  g_array_unref (look->touched);
  g_free (look);
}

static gboolean
left (GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_WATCH, ESRCH, "process",
                         "it is not in the namespace any more");
}

static gboolean
enter (const LinxTableDiff *look, GError **error)
{
  int ns = linx_process_open (look->pid, "ns/mnt", O_RDONLY);
  gboolean ok = ns >= 0 && linx_process_alive (look->process)
                && linx_ns_fd_inode (ns) == look->inode && setns (ns, CLONE_NEWNS) == 0;

  if (ns >= 0)
    close (ns);
  return ok ? TRUE : left (error);
}

static gboolean
do_look (LinxJob *job, gpointer data, GError **error)
{
  LinxTableDiff *look = data;
  gboolean inside = look->pid != 0;

  (void)job;
  if (!inside && look->ns == 0)
    return left (error);
  look->entered = inside ? enter (look, error) : TRUE;
  return look->entered
         && linx_table_snapshot_update (look->seen, inside ? 0 : look->ns, look->touched,
                                        look->sweeps, &look->changes, error);
}

static void
find_places (gpointer look, LinxFdPlaces *places)
{
  linx_fd_places_add (places, LINX_FD_LENT, &((LinxTableDiff *)look)->process);
}

static void
reap (gpointer look)
{
  linx_async_close_free (LINX_ACCOUNT_ROOT, look, (GDestroyNotify)linx_table_diff_free);
}

void
linx_table_diff_start (LinxTableDiff *look, GAsyncReadyCallback callback, gpointer data)
{
  look->start = g_get_monotonic_time ();
  linx_workers_run (do_look, look, reap, find_places, TIMEOUT_MS, callback, data);
}

gboolean
linx_table_diff_finish (GAsyncResult *result, LinxTableDiff **look, GError **error)
{
  return linx_workers_run_finish (result, (gpointer *)look, error);
}
