/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/*
 * Backlogs: what the bus keeps for callers who have not read it. For the main loop alone.
 *
 * dbus-daemon keeps a message until its receiver takes it, and counts it against the sender: with
 * 127 MiB of them (max_incoming_bytes), or 64 descriptors (max_incoming_unix_fds), it reads nothing
 * from the service any more, for nobody. So what is sent to a connection is counted until the bus,
 * asked for its statistics, says that it keeps no more for it. Where it has none, all counts as
 * read: dbus-broker has bounds of its own, by receiver.
 *
 * A large reply, and one with a descriptor, has to find room. Small ones are sent, and a user who
 * reads none of them comes to where the gate is shut.
 */

/**
 * linx_backlog_init:
 * @bus: the connection that all is sent by; its gate tells what GDBus and it answer themselves
 */
void linx_backlog_init (GDBusConnection *bus);

/**
 * linx_backlog_add:
 * @caller: who is about to be sent something
 * @bytes: about how much
 */
void linx_backlog_add (const LinxCaller *caller, gsize bytes);

/**
 * LinxBacklogFunc:
 * @error: (nullable): LimitsExceeded, where a user, or all callers together, have too much to read
 * @data: the function's data
 */
typedef void (*LinxBacklogFunc) (const GError *error, gpointer data);

/**
 * linx_backlog_take:
 * @caller: who is about to be sent a reply
 * @bytes: about how much
 * @fds: how many descriptors
 * @func: called once there is room for it, and it was added, or there is none. At once, unless the
 *   bus has to be asked, for some moments, whether there is
 * @data: for @func
 */
void linx_backlog_take (LinxCaller *caller, gsize bytes, guint fds, LinxBacklogFunc func,
                        gpointer data);

/** linx_backlog_is_shut: whether the user of @caller has so much to read that its calls are
 * refused.
 * @error: LimitsExceeded */
gboolean linx_backlog_is_shut (const LinxCaller *caller, GError **error);

/** linx_backlog_delays_signals: whether the connection of @caller, or its user, has so much to read
 * that it is told nothing more. */
gboolean linx_backlog_delays_signals (const LinxCaller *caller);

/** linx_backlog_on_read: @func is called whenever somebody has read what it was sent. */
void linx_backlog_on_read (void (*func) (void));

/** linx_backlog_forget: @name has vanished, and with it what the bus kept for it. */
void linx_backlog_forget (const char *name);

/** linx_backlog_clear: forgets all of it, at the end of the service. */
void linx_backlog_clear (void);
