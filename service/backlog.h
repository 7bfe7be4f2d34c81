/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/*
 * Backlogs: what was sent to a caller, and it has not read. For the main loop alone.
 *
 * The bus keeps a message until its receiver takes it, and counts it against the sender: with more
 * than so much (max_incoming_bytes, 127 MiB) it reads nothing from the service any more, for
 * nobody. So callers who were sent much are asked now and then (org.freedesktop.DBus.Peer.Ping):
 * an answer comes after all that was sent before it was read.
 */

/* A reply larger than that is refused to a user who has not read the last ones. */
#define LINX_LARGE_REPLY (64 << 10)

/**
 * linx_backlog_add:
 * @bus: the system bus
 * @caller: who was sent something
 * @bytes: how much
 */
void linx_backlog_add (GDBusConnection *bus, LinxCaller *caller, gsize bytes);

/** linx_backlog_delays_signals: whether the connection of @caller has so much to read that it is
 * told nothing more. */
gboolean linx_backlog_delays_signals (const LinxCaller *caller);

/**
 * linx_backlog_check_reply:
 * @caller: to whom a large reply is to be sent
 * @error: LimitsExceeded where its user, or all callers together, have too much to read
 */
gboolean linx_backlog_check_reply (const LinxCaller *caller, GError **error);

/** linx_backlog_on_read: @func is called whenever a caller has read what it was sent. */
void linx_backlog_on_read (void (*func) (const char *name));

/** linx_backlog_clear: forgets all of it, at the end of the service. */
void linx_backlog_clear (void);
