/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"
#include "table/file-id.h"
#include "watch/monitor.h"

#include <gio/gio.h>

/*
 * Watches: who is told of the changes of which namespace. For the main loop alone.
 */

/**
 * LinxWatchedProcess:
 * @pid: a process in the namespace; 0: none is known
 * @pidfd: that process; -1: none
 * @root: (nullable): its root, without which the watch ends
 *
 * What a watch depends on.
 */
typedef struct {
  pid_t pid;
  int pidfd;
  const LinxFileId *root;
} LinxWatchedProcess;

/**
 * linx_watch_start:
 * @bus: where to send the signals
 * @caller: to whom
 * @parts: the namespace to watch; taken out of it what is needed
 * @process: its pidfd is taken over
 * @error: LimitsExceeded, or NotAuthorized where the caller has left the bus
 *
 * The watch ends with an Unwatch, with the caller, or with the signal Ended.
 *
 * Returns: its number; 0: none
 */
guint64 linx_watch_start (GDBusConnection *bus, LinxCaller *caller, LinxMonitorParts *parts,
                          LinxWatchedProcess *process, GError **error);

/**
 * linx_watch_stop:
 * @caller: who has it
 * @id: its number
 * @error: InvalidArgs where the caller has no such watch
 */
gboolean linx_watch_stop (const LinxCaller *caller, guint64 id, GError **error);

/** linx_watches_count: how many there are. */
guint linx_watches_count (void);

/** linx_watches_init: called once, from main(). @idle: called whenever the last of them is gone. */
void linx_watches_init (void (*idle) (void));

/** linx_watches_end: ends all of them, at the end of the service. */
void linx_watches_end (void);
