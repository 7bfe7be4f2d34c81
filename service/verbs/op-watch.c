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
  gboolean by_right = pins->ns[LINX_IN].own && !pins->sender.privileged;
  int process = by_right ? pins->sender.pidfd : pins->ns[LINX_IN].process;

  if (process < 0)
    return TRUE;
  pins->watched.pid = by_right ? pins->sender.caller->pid : pins->ns[LINX_IN].pid;
  pins->watched.process = fcntl (process, F_DUPFD_CLOEXEC, 0);
  return pins->watched.process >= 0
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
  if (ioctl (pins->ns[LINX_IN].fd, LINX_NS_GET_MNTNS_ID, &pins->watched.ns) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_WATCH, errno, "mount namespace", NULL);
  pins->watched.events = linx_mount_events_open (pins->ns[LINX_IN].fd, error);
  return pins->watched.events >= 0;
}

/* It keeps the namespace alive: only where there is a process to tell when to let go. */
static gboolean
open_poller (LinxPins *pins, GError **error)
{
  if (pins->watched.pid == 0)
    return TRUE;
  pins->watched.poller = linx_mount_poller_open (error);
  return pins->watched.poller >= 0 && linx_namespace_enter (pins, LINX_IN, error);
}

/* All is open before the table is read: nothing that comes later is missed. */
GVariant *
linx_watch_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  (void)job;
  (void)request;
  if (pins->watched.pid == 0 && !linx_feature_mount_events ()) {
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                         "before Linux 6.15 a namespace is watched by way of a process in it");
    return NULL;
  }
  if (!open_events (pins, error) || !open_poller (pins, error))
    return NULL;
  pins->watched.snapshot
      = linx_table_snapshot_new (pins->watched.pid != 0 ? 0 : pins->watched.ns, error);
  return pins->watched.snapshot != NULL ? g_variant_new ("()") : NULL;
}

GVariant *
linx_watch_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                   LinxPins *pins, GVariant *value, GError **error)
{
  LinxMonitorParts parts = { .inode = pins->ns[LINX_IN].inode,
                             .ns = pins->watched.ns,
                             .events = pins->watched.events,
                             .poller = pins->watched.poller,
                             .snapshot = pins->watched.snapshot };
  gboolean by_right = pins->ns[LINX_IN].own && !pins->sender.privileged;
  LinxWatchedProcess process = { .pid = pins->watched.pid,
                                 .pidfd = pins->watched.process,
                                 .root = by_right ? &pins->listing.root : NULL };
  guint64 id = linx_watch_start (bus, caller, &parts, &process, error);

  (void)request;
  (void)value;
  pins->watched.events = parts.events;
  pins->watched.poller = parts.poller;
  pins->watched.process = process.pidfd;
  pins->watched.snapshot = parts.snapshot;
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
