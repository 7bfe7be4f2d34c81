/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/monitor.h"
#include "kernel/mount-events.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "watch/table-diff.h"
#include "worker/async-close.h"

#include <glib-unix.h>

/* From one signal to the next one; longer where to send it to all took long. */
#define PAUSE_US 50000
#define PAUSE_TIMES 10
/* From one comparison to the next one that does not go on with a scan, also where there was nothing
 * to tell: what comes and goes at once would keep it looking. */
#define LOOK_US 10000
/* A scan is followed by a rest of so many times as long as it took. */
#define REST 4
/* How many rows that were listed are kept while a worker compares. */
#define MAX_LISTED (1 << 20)

typedef struct {
  LinxMonitorFunc func;
  gpointer data;
  pid_t pid;
  int pidfd;
} Listener;

struct _LinxMonitor {
  LinxMonitorParts parts; /* snapshot: NULL while a worker has it */
  GArray *listeners;      /* of Listener; none: it goes as soon as the worker is back */
  GArray *listed;         /* of LinxSnapshotEntry, noted as soon as the worker is back */
  guint events_source;    /* 0: has fired, and waits for the next diff */
  guint poller_source;
  guint timer;       /* 0: no diff is due */
  gboolean looking;  /* a worker is under way */
  gboolean broken;   /* its table could not be read: it is in nobody's way any more */
  gboolean all_due;  /* there is to be a scan, after the one that is under way */
  gboolean scanning; /* one is under way: through the whole table, part by part */
  gint64 sweep_us;   /* what it took so far */
  gint64 quiet_till; /* monotonic: no signal before */
  gint64 next_diff;  /* no comparison before, but to go on with a scan */
  gint64 next_scan;  /* no scan before */
};

static GHashTable *monitors; /* key -> LinxMonitor */
static gint n_monitors;      /* for all threads */

static void schedule (LinxMonitor *monitor);

/* A namespace that is gone leaves its inode number to another one. */
static const guint64 *
key_of (const LinxMonitorParts *parts)
{
  return parts->ns != 0 ? &parts->ns : &parts->inode;
}

static void
silence (guint *source)
{
  if (*source != 0)
    g_source_remove (*source);
  *source = 0;
}

/* With the last descriptor of a namespace the kernel unmounts all that is in it. */
static void
close_poller (LinxMonitor *monitor)
{
  silence (&monitor->poller_source);
  linx_async_close_fd (&monitor->parts.poller, 1);
  monitor->parts.poller = -1;
}

/* Not while a worker is under way. */
static void
monitor_free (LinxMonitor *monitor)
{
  if (monitor->timer != 0)
    g_source_remove (monitor->timer);
  silence (&monitor->events_source);
  if (monitor->parts.events >= 0)
    linx_mount_events_close (&monitor->parts.events);
  close_poller (monitor);
  g_clear_pointer (&monitor->parts.snapshot, linx_table_snapshot_free);
  g_array_unref (monitor->listeners);
  g_array_unref (monitor->listed);
  g_free (monitor);
}

/* Both stay silent until they were listened to: what comes meanwhile they keep. */
static gboolean
on_events (int fd, GIOCondition condition, gpointer data)
{
  LinxMonitor *monitor = data;

  (void)fd;
  (void)condition;
  monitor->events_source = 0;
  schedule (monitor);
  return G_SOURCE_REMOVE;
}

static gboolean
on_poller (int fd, GIOCondition condition, gpointer data)
{
  LinxMonitor *monitor = data;

  (void)fd;
  (void)condition;
  monitor->poller_source = 0;
  monitor->all_due = TRUE;
  schedule (monitor);
  return G_SOURCE_REMOVE;
}

/* A poller says it once, to whoever polls: only what is dispatched first in its turn of the main
 * loop cannot miss it. */
static void
rearm (LinxMonitor *monitor)
{
  if (monitor->parts.events >= 0 && monitor->events_source == 0)
    monitor->events_source = g_unix_fd_add (monitor->parts.events, G_IO_IN, on_events, monitor);
  if (monitor->parts.poller >= 0 && monitor->poller_source == 0)
    monitor->poller_source = g_unix_fd_add_full (G_PRIORITY_HIGH, monitor->parts.poller,
                                                 G_IO_PRI | G_IO_ERR, on_poller, monitor, NULL);
}

static const Listener *
find_process (const LinxMonitor *monitor)
{
  for (guint i = 0; i < monitor->listeners->len; i++) {
    const Listener *listener = &g_array_index (monitor->listeners, Listener, i);

    if (listener->pid != 0 && linx_process_ns_inode (listener->pid, "mnt") == monitor->parts.inode
        && linx_process_alive (listener->pidfd))
      return listener;
  }
  return NULL;
}

static void
tell (const LinxMonitor *monitor, const LinxChanges *changes)
{
  for (guint i = 0; i < monitor->listeners->len; i++) {
    const Listener *listener = &g_array_index (monitor->listeners, Listener, i);

    listener->func (changes, listener->data);
  }
}

static void
forget (LinxMonitor *monitor)
{
  g_hash_table_remove (monitors, key_of (&monitor->parts));
  g_atomic_int_add (&n_monitors, -1);
}

static void
give_up (LinxMonitor *monitor)
{
  monitor->broken = TRUE;
  forget (monitor);
  tell (monitor, NULL);
}

/* Of a namespace that no process is known of, comparisons see another part than those who list it.
 */
static gboolean
note_listed (LinxMonitor *monitor, const GArray *listed)
{
  return linx_table_snapshot_note (monitor->parts.snapshot, listed, find_process (monitor) != NULL);
}

static void
take_back (LinxMonitor *monitor, LinxTableDiff *diff)
{
  gint64 now = g_get_monotonic_time ();
  gint64 told;

  monitor->next_diff = diff->start + LOOK_US;
  monitor->parts.snapshot = g_steal_pointer (&diff->snapshot);
  if (note_listed (monitor, monitor->listed))
    monitor->all_due = TRUE;
  diff->changes.too_many |= monitor->listed->len >= MAX_LISTED;
  diff->changes.any |= diff->changes.too_many;
  if (monitor->listed->len > 0) {
    g_array_unref (monitor->listed);
    monitor->listed = g_array_new (FALSE, FALSE, sizeof (LinxSnapshotEntry));
  }
  monitor->scanning = linx_table_snapshot_is_scanning (monitor->parts.snapshot);
  if (diff->scans)
    monitor->sweep_us += now - diff->start;
  if (diff->scans && !monitor->scanning) {
    monitor->next_scan = now + REST * monitor->sweep_us;
    monitor->sweep_us = 0;
  }
  if (!diff->changes.any)
    return;
  tell (monitor, &diff->changes);
  told = g_get_monotonic_time ();
  monitor->quiet_till = told + MAX (PAUSE_US, PAUSE_TIMES * (told - now));
}

static gboolean
can_look (const LinxMonitor *monitor)
{
  return monitor->parts.ns != 0 || find_process (monitor) != NULL;
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  LinxMonitor *monitor = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxTableDiff) diff = NULL;
  gboolean ok = linx_table_diff_finish (result, &diff, &error);

  (void)source;
  monitor->looking = FALSE;
  /* A process that has just left: the next diff goes by way of another one. */
  if (!ok && diff != NULL && !diff->entered && can_look (monitor))
    monitor->all_due = ok = TRUE;
  if (ok)
    take_back (monitor, diff);
  if (monitor->listeners->len == 0) {
    monitor_free (monitor);
  } else if (!ok) {
    give_up (monitor);
  } else {
    rearm (monitor);
    if (monitor->all_due || monitor->scanning)
      schedule (monitor);
  }
}

static void
start_look (LinxMonitor *monitor)
{
  LinxTableDiff *diff = linx_table_diff_new ();
  const Listener *process = find_process (monitor);

  if (monitor->parts.events >= 0 && linx_mount_events_read (monitor->parts.events, diff->touched))
    monitor->all_due = TRUE;
  diff->scans
      = monitor->scanning || (monitor->all_due && g_get_monotonic_time () >= monitor->next_scan);
  if (diff->scans && !monitor->scanning)
    monitor->all_due = FALSE;
  diff->snapshot = g_steal_pointer (&monitor->parts.snapshot);
  diff->inode = monitor->parts.inode;
  diff->ns = monitor->parts.ns;
  if (process != NULL) {
    diff->pid = process->pid;
    diff->process = process->pidfd;
  }
  monitor->looking = TRUE;
  linx_table_diff_start (diff, on_looked, monitor);
}

static gboolean
on_due (gpointer data)
{
  LinxMonitor *monitor = data;

  monitor->timer = 0;
  start_look (monitor);
  return G_SOURCE_REMOVE;
}

/* Sees to it that there is a diff, as soon as there may be one. */
static void
schedule (LinxMonitor *monitor)
{
  gint64 now = g_get_monotonic_time ();
  gboolean events = monitor->parts.events >= 0 && monitor->events_source == 0;
  gint64 at = monitor->quiet_till;

  if (!monitor->scanning)
    at = MAX (at, events ? monitor->next_diff : monitor->next_scan);
  if (monitor->looking || monitor->broken)
    return; /* then it is listened to anew */
  if (monitor->timer != 0)
    g_source_remove (monitor->timer);
  monitor->timer = g_timeout_add (at > now ? (guint)((at - now + 999) / 1000) : 0, on_due, monitor);
}

static LinxMonitor *
find (const LinxMonitorParts *parts)
{
  return monitors != NULL ? g_hash_table_lookup (monitors, key_of (parts)) : NULL;
}

static LinxMonitor *
monitor_new (LinxMonitorParts *parts)
{
  LinxMonitor *monitor = g_new0 (LinxMonitor, 1);

  monitor->parts = *parts;
  parts->events = parts->poller = -1;
  parts->snapshot = NULL;
  monitor->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  monitor->listed = g_array_new (FALSE, FALSE, sizeof (LinxSnapshotEntry));
  if (monitors == NULL)
    monitors = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_hash_table_insert (monitors, (gpointer)key_of (&monitor->parts), monitor);
  g_atomic_int_inc (&n_monitors);
  return monitor;
}

LinxMonitor *
linx_monitor_attach (LinxMonitorParts *parts, pid_t pid, int pidfd, LinxMonitorFunc func,
                     gpointer data)
{
  const Listener listener = { func, data, pid, pidfd };
  LinxMonitor *monitor = find (parts);

  if (monitor == NULL)
    monitor = monitor_new (parts);
  g_array_append_val (monitor->listeners, listener);
  if (monitor->parts.poller < 0 && parts->poller >= 0) {
    monitor->parts.poller = parts->poller;
    parts->poller = -1;
    monitor->all_due = TRUE;
    schedule (monitor);
  }
  rearm (monitor);
  return monitor;
}

void
linx_monitor_detach (LinxMonitor *monitor, gpointer data)
{
  guint i = 0;

  while (g_array_index (monitor->listeners, Listener, i).data != data)
    i++;
  g_array_remove_index (monitor->listeners, i);
  if (monitor->parts.poller >= 0 && find_process (monitor) == NULL)
    close_poller (monitor);
  if (monitor->listeners->len > 0)
    return;
  if (!monitor->broken)
    forget (monitor);
  if (!monitor->looking)
    monitor_free (monitor);
}

guint64
linx_monitor_inode (const LinxMonitor *monitor)
{
  return monitor->parts.inode;
}

gboolean
linx_monitor_is_gone (const LinxMonitor *monitor)
{
  guint64 id;

  return monitor->parts.ns != 0 && sys_listmount (monitor->parts.ns, 0, &id, 1) < 0;
}

static void
on_listed (LinxMonitor *monitor, const GArray *listed)
{
  if (monitor->looking) {
    guint room = MAX_LISTED - monitor->listed->len;

    g_array_append_vals (monitor->listed, listed->data, MIN (listed->len, room));
  } else if (note_listed (monitor, listed)) {
    monitor->all_due = TRUE;
    schedule (monitor);
  }
}

void
linx_monitors_note_listed (guint64 inode, const GArray *listed)
{
  GHashTableIter iter;
  gpointer monitor;

  if (monitors == NULL)
    return;
  g_hash_table_iter_init (&iter, monitors);
  while (g_hash_table_iter_next (&iter, NULL, &monitor))
    if (((LinxMonitor *)monitor)->parts.inode == inode)
      on_listed (monitor, listed);
}

guint
linx_monitors_count (void)
{
  return (guint)g_atomic_int_get (&n_monitors);
}

gboolean
linx_monitor_exists (const LinxMonitorParts *parts)
{
  return find (parts) != NULL;
}
