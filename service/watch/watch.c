/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/watch.h"
#include "bus/interface.h"
#include "bus/send-limits.h"
#include "bus/unread.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "watch/watch-limits.h"

#include <glib-unix.h>
#include <unistd.h>

/* The kernel tells nobody that a process has gone to another namespace, or that a namespace that no
 * process named is gone: how often to look. */
#define LOOK_SECONDS 2

typedef struct {
  guint64 id;
  GDBusConnection *bus;
  LinxCaller *caller;
  LinxMonitor *monitor;
  pid_t pid;
  int pidfd;
  gboolean has_root;
  LinxFileId root;
  GSource *process_source;
  GSource *gone_source;
  GSource *broken_source; /* NULL: the table can be read */
  gboolean missed;        /* something was not sent: the caller does not read */
} Watch;

static GHashTable *watches; /* id -> Watch */
static guint64 last_id;
static guint look_timer;
static gboolean is_ending;
static void (*on_idle) (void);

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  clear_source (&watch->process_source);
  clear_source (&watch->gone_source);
  clear_source (&watch->broken_source);
  linx_watch_limits_remove (watch->caller, linx_monitor_inode (watch->monitor));
  linx_monitor_detach (watch->monitor, watch);
  if (watch->pidfd >= 0)
    close (watch->pidfd);
  linx_caller_unref (watch->caller);
  g_object_unref (watch->bus);
  g_free (watch);
}

guint
linx_watches_count (void)
{
  return watches != NULL ? g_hash_table_size (watches) : 0;
}

static void
drop (Watch *watch)
{
  g_hash_table_remove (watches, &watch->id);
  if (g_hash_table_size (watches) > 0)
    return;
  g_source_remove (look_timer);
  look_timer = 0;
  if (on_idle != NULL)
    on_idle ();
}

/* Takes @arguments over, where they are floating. */
static void
send (const Watch *watch, const char *signal, GVariant *arguments)
{
  gsize size = g_variant_get_size (arguments);

  linx_unread_add (watch->caller, size + size / 4, 0); /* rows take more on the bus */
  g_dbus_connection_emit_signal (watch->bus, watch->caller->name, LINX_OBJECT_PATH,
                                 linx_mount_manager_interface.name, signal, arguments, NULL);
}

static void
send_overflow (const Watch *watch)
{
  send (watch, "Overflow", g_variant_new ("(t)", watch->id));
}

static void
end (Watch *watch, const char *reason)
{
  send (watch, "Ended", g_variant_new ("(ts)", watch->id, reason));
  drop (watch);
}

static gboolean
on_process_ended (int fd, GIOCondition condition, gpointer data)
{
  (void)fd;
  (void)condition;
  end (data, "the process that named the namespace has ended");
  return G_SOURCE_REMOVE;
}

static gboolean
on_caller_gone (GCancellable *gone, gpointer data)
{
  (void)gone;
  drop (data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_broken (gpointer data)
{
  end (data, "the mount table cannot be read any more");
  return G_SOURCE_REMOVE;
}

static GSource *
attach (GSource *source, GSourceFunc func, Watch *watch)
{
  g_source_set_callback (source, func, watch, NULL);
  g_source_attach (source, NULL);
  return source;
}

static void
on_changes (const LinxChanges *changes, gpointer data)
{
  Watch *watch = data;

  if (changes == NULL)
    watch->broken_source = attach (g_idle_source_new (), on_broken, watch);
  else if (watch->missed || !linx_send_limits_for_signals (watch->caller))
    watch->missed = TRUE;
  else if (changes->too_many)
    send_overflow (watch);
  else
    send (watch, "Changed",
          g_variant_new ("(t@at@a(a{sv})@a(a{sv}))", watch->id, changes->removed, changes->added,
                         changes->changed));
}

static void
on_read (void)
{
  GHashTableIter iter;
  gpointer data;

  if (watches == NULL)
    return;
  g_hash_table_iter_init (&iter, watches);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    Watch *watch = data;

    if (!watch->missed || !linx_send_limits_for_signals (watch->caller))
      continue;
    watch->missed = FALSE;
    send_overflow (watch);
  }
}

/* Why the watch cannot go on, or NULL. */
static const char *
find_end (const Watch *watch)
{
  if (watch->pid == 0)
    return linx_monitor_is_gone (watch->monitor) ? "the namespace is gone" : NULL;
  if (linx_process_ns_inode (watch->pid, "mnt") != linx_monitor_inode (watch->monitor))
    return "the process that named the namespace has left it";
  return watch->has_root && !linx_file_id_is_root (&watch->root, watch->pid)
             ? "the caller's root is another one"
             : NULL;
}

static gboolean
on_look (gpointer unused)
{
  g_autoptr (GList) all = g_hash_table_get_values (watches);

  (void)unused;
  for (GList *l = all; l != NULL; l = l->next) {
    const char *reason = find_end (l->data);

    if (reason != NULL)
      end (l->data, reason);
  }
  return G_SOURCE_CONTINUE;
}

static Watch *
watch_new (GDBusConnection *bus, LinxCaller *caller, LinxMonitorParts *parts,
           LinxWatchedProcess *process)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->id = ++last_id;
  watch->bus = g_object_ref (bus);
  watch->caller = linx_caller_ref (caller);
  watch->pid = process->pid;
  watch->pidfd = process->pidfd;
  process->pidfd = -1;
  watch->has_root = process->root != NULL;
  if (watch->has_root)
    watch->root = *process->root;
  watch->monitor = linx_monitor_attach (parts, watch->pid, watch->pidfd, on_changes, watch);
  linx_watch_limits_add (caller, linx_monitor_inode (watch->monitor));
  watch->gone_source
      = attach (g_cancellable_source_new (caller->gone), G_SOURCE_FUNC (on_caller_gone), watch);
  if (watch->pidfd >= 0)
    watch->process_source = attach (g_unix_fd_source_new (watch->pidfd, G_IO_IN),
                                    G_SOURCE_FUNC (on_process_ended), watch);
  return watch;
}

guint64
linx_watch_start (GDBusConnection *bus, LinxCaller *caller, LinxMonitorParts *parts,
                  LinxWatchedProcess *process, GError **error)
{
  Watch *watch;

  if (g_cancellable_is_cancelled (caller->gone)) {
    g_set_error_literal (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                         "the caller left the bus");
    return 0;
  }
  if (is_ending) {
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "the service ends");
    return 0;
  }
  if (!linx_watch_limits_check (caller, parts, error))
    return 0;
  watch = watch_new (bus, caller, parts, process);
  g_hash_table_insert (watches, &watch->id, watch);
  if (look_timer == 0)
    look_timer = g_timeout_add_seconds (LOOK_SECONDS, on_look, NULL);
  return watch->id;
}

gboolean
linx_watch_stop (const LinxCaller *caller, guint64 id, GError **error)
{
  Watch *watch = watches != NULL ? g_hash_table_lookup (watches, &id) : NULL;

  if (watch == NULL || !g_str_equal (watch->caller->name, caller->name))
    return linx_error_set_args (error, "'watch' is none of this caller's: %" G_GUINT64_FORMAT, id);
  drop (watch);
  return TRUE;
}

void
linx_watches_init (void (*idle) (void))
{
  on_idle = idle;
  linx_watch_limits_init ();
  watches = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, watch_free);
  linx_unread_on_read (on_read);
}

void
linx_watches_end (void)
{
  g_autoptr (GList) all = watches != NULL ? g_hash_table_get_values (watches) : NULL;

  is_ending = TRUE;
  for (GList *l = all; l != NULL; l = l->next)
    end (l->data, "the service ends");
  g_clear_pointer (&watches, g_hash_table_unref);
  linx_watch_limits_clear ();
}
