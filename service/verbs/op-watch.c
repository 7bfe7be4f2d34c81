/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/features.h"
#include "kernel/mount-events.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "lookup/namespace.h"
#include "verbs/ops.h"
#include "watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

/* Who watches its own namespace, because it is its own, does so as long as it is. */
static gboolean
hold_process (LinxPins *pins, GError **error)
{
  gboolean by_right = pins->ns[LINX_IN].own && !pins->privileged;
  int process = by_right ? pins->fd[LINX_LENT_CALLER] : pins->fd[LINX_PIN_PROCESS];

  if (process < 0)
    return TRUE;
  pins->watched_pid = by_right ? pins->caller->pid : pins->ns[LINX_IN].pid;
  pins->fd[LINX_PIN_WATCHED] = fcntl (process, F_DUPFD_CLOEXEC, 0);
  return pins->fd[LINX_PIN_WATCHED] >= 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_WATCH, errno, "process", NULL);
}

gboolean
linx_watch_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_list_pin (request, pins, error) && hold_process (pins, error);
}

static gboolean
open_events (LinxPins *pins, GError **error)
{
  if (!linx_feature_mount_events ())
    return TRUE;
  if (ioctl (pins->fd[LINX_PIN_NS], LINX_NS_GET_MNTNS_ID, &pins->watched_ns) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_WATCH, errno, "mount namespace", NULL);
  pins->fd[LINX_PIN_EVENTS] = linx_mount_events_open (pins->fd[LINX_PIN_NS], error);
  return pins->fd[LINX_PIN_EVENTS] >= 0;
}

/* It keeps the namespace alive: only where there is a process to tell when to let go. */
static gboolean
open_poller (LinxPins *pins, GError **error)
{
  if (pins->watched_pid == 0)
    return TRUE;
  pins->fd[LINX_PIN_POLLER] = linx_mount_poller_open (error);
  return pins->fd[LINX_PIN_POLLER] >= 0 && linx_namespace_enter (pins, LINX_IN, error);
}

/* All is open before the table is read: nothing that comes later is missed. */
GVariant *
linx_watch_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  (void)job;
  (void)request;
  if (pins->watched_pid == 0 && !linx_feature_mount_events ()) {
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                         "before Linux 6.15 a namespace is watched by way of a process in it");
    return NULL;
  }
  if (!open_events (pins, error) || !open_poller (pins, error))
    return NULL;
  pins->seen = linx_table_snapshot_new (pins->watched_pid != 0 ? 0 : pins->watched_ns, error);
  return pins->seen != NULL ? g_variant_new ("()") : NULL;
}

GVariant *
linx_watch_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                   LinxPins *pins, GVariant *value, GError **error)
{
  LinxMonitorParts parts = { .inode = pins->ns[LINX_IN].inode,
                             .ns = pins->watched_ns,
                             .events = pins->fd[LINX_PIN_EVENTS],
                             .poller = pins->fd[LINX_PIN_POLLER],
                             .seen = pins->seen };
  gboolean by_right = pins->ns[LINX_IN].own && !pins->privileged;
  LinxWatchedProcess process = { .pid = pins->watched_pid,
                                 .pidfd = pins->fd[LINX_PIN_WATCHED],
                                 .root = by_right ? &pins->caller_root : NULL };
  guint64 id = linx_watch_start (bus, caller, &parts, &process, error);

  (void)request;
  (void)value;
  pins->fd[LINX_PIN_EVENTS] = parts.events;
  pins->fd[LINX_PIN_POLLER] = parts.poller;
  pins->fd[LINX_PIN_WATCHED] = process.pidfd;
  pins->seen = parts.seen;
  return id != 0 ? g_variant_new ("(t)", id) : NULL;
}

GVariant *
linx_unwatch_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                     LinxPins *pins, GVariant *value, GError **error)
{
  (void)bus;
  (void)pins;
  (void)value;
  return linx_watch_stop (caller, request->watch, error) ? g_variant_new ("()") : NULL;
}
