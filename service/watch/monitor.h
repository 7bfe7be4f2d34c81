/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "watch/table-snapshot.h"

/*
 * Monitors: the changes of one mount namespace, for all who watch it. For the main loop alone; the
 * table is read on workers.
 *
 * What wakes a monitor is the kernel's mount events and a poller (see kernel/mount-events.h). It
 * looks at the mounts that events named; and where the poller woke, for that does not say why, at
 * all of them, some hundred at a time. From one that it tells to the next are 50 ms, and so much of
 * them it waits; a sweep through the table that took long is followed by a longer rest.
 */

typedef struct _LinxMonitor LinxMonitor;

/**
 * LinxMonitorFunc:
 * @changes: (nullable): what has changed; %NULL: the table cannot be read any more, and the monitor
 *   tells nothing more
 * @data: the listener's data
 *
 * It must not detach anybody.
 */
typedef void (*LinxMonitorFunc) (const LinxChanges *changes, gpointer data);

/**
 * LinxMonitorParts:
 * @inode: the namespace, as lsns(8) shows it
 * @ns: its id for ever; 0: this kernel has none
 * @events: where the kernel tells of mounts; -1: nowhere
 * @poller: where it tells that anything has changed; -1: nowhere
 * @snapshot: of its table
 *
 * What a monitor is made of, or none where there is one of the namespace already.
 */
typedef struct {
  guint64 inode;
  guint64 ns;
  int events;
  int poller;
  LinxTableSnapshot *snapshot;
} LinxMonitorParts;

/**
 * linx_monitor_attach:
 * @parts: what a worker has made ready in the namespace; the monitor takes out what it needs
 * @pid: a process in the namespace; 0: none is known. As long as there is any, the monitor holds
 * its poller, and with it the namespace
 * @pidfd: that process
 * @func: called for each change
 * @data: for @func
 *
 * Returns: (transfer none): the monitor of the namespace
 */
LinxMonitor *linx_monitor_attach (LinxMonitorParts *parts, pid_t pid, int pidfd,
                                  LinxMonitorFunc func, gpointer data);

/**
 * linx_monitor_detach:
 * @monitor: a monitor, which goes with the last listener
 * @data: the listener's data
 */
void linx_monitor_detach (LinxMonitor *monitor, gpointer data);

/** linx_monitor_inode: the namespace. */
guint64 linx_monitor_inode (const LinxMonitor *monitor);

/** linx_monitor_is_gone: whether the namespace is known to be gone. */
gboolean linx_monitor_is_gone (const LinxMonitor *monitor);

/**
 * linx_monitors_note_listed:
 * @inode: a namespace
 * @listed: (element-type LinxSnapshotEntry): mounts of it that somebody is about to be told of
 */
void linx_monitors_note_listed (guint64 inode, const GArray *listed);

/** linx_monitors_count: how many there are; for any thread. */
guint linx_monitors_count (void);

/** linx_monitor_exists: whether there is one of that namespace. */
gboolean linx_monitor_exists (const LinxMonitorParts *parts);
