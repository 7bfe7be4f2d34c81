/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Statistics: what the bus keeps for a connection that has not read it. dbus-daemon is asked about
 * one connection; dbus-broker tells of all of them at once. For the main loop alone.
 */

/** LinxAmount: of messages, about. */
typedef struct {
  gsize bytes;
  guint fds;
} LinxAmount;

/**
 * LinxStatsFunc:
 * @kept: what the bus keeps; nothing where the connection is gone, or the bus does not tell
 * @data: the function's data
 */
typedef void (*LinxStatsFunc) (LinxAmount kept, gpointer data);

/**
 * linx_stats_ask:
 * @bus: the connection that all is sent by: what was sent before is known to the bus
 * @name: the unique name of a connection
 * @func: called with the answer
 * @data: for @func
 */
void linx_stats_ask (GDBusConnection *bus, const char *name, LinxStatsFunc func, gpointer data);
