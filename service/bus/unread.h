/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"
#include "bus/stats.h"

/*
 * Unread messages: what the bus keeps for callers who have not read it. For the main loop alone.
 *
 * dbus-daemon keeps a message until its receiver takes it, and counts it against the sender: with
 * 127 MiB of them (max_incoming_bytes), or 64 descriptors (max_incoming_unix_fds), it reads nothing
 * from the service any more, for nobody. So what is sent to a connection is counted until the bus,
 * asked for its statistics (bus/stats.h), says that it keeps no more for it. dbus-broker counts it
 * against its receiver's user, who may have 512 MiB of it and 4,096 descriptors: the same bounds
 * hold there. Where there are no statistics, all counts as read.
 */

/**
 * linx_unread_init:
 * @bus: the connection that all is sent by; its message filter tells what GDBus and it
 *   answer themselves
 * @changed: told of each account of whose messages more, or fewer, are unread than before
 */
void linx_unread_init (GDBusConnection *bus, void (*changed) (LinxAccount account));

/**
 * linx_unread_add:
 * @caller: who is about to be sent something
 * @bytes: about how much, without its header
 * @fds: how many descriptors
 */
void linx_unread_add (const LinxCaller *caller, gsize bytes, guint fds);

/** linx_unread_delay: @bytes of what was added are not sent yet. */
void linx_unread_delay (const LinxCaller *caller, gsize bytes);

/** linx_unread_sent: what was delayed has been sent. */
void linx_unread_sent (const LinxCaller *caller, gsize bytes);

/** linx_unread_of: what the connection of @caller has not read, as far as is known. */
LinxAmount linx_unread_of (const LinxCaller *caller);

/** linx_unread_of_account: what all connections of @account have not read. */
LinxAmount linx_unread_of_account (LinxAccount account);

/** linx_unread_read_by: a number that is another one when connections of @account have read
 * something since. */
gsize linx_unread_read_by (LinxAccount account);

/** linx_unread_of_all: what all connections have not read. */
LinxAmount linx_unread_of_all (void);

/** linx_unread_ask: asks the bus about all connections of @account; where there is nothing to ask,
 * @func is called at once. */
void linx_unread_ask (LinxAccount account, LinxStatsFunc func, gpointer data);

/** linx_unread_on_read: @func is called whenever somebody has read what it was sent. */
void linx_unread_on_read (void (*func) (void));

/** linx_unread_clear: forgets all of it, at the end of the service. */
void linx_unread_clear (void);
