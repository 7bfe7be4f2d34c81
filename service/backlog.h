/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/*
 * Backlogs: what was sent to a caller, and it has not read. For the main loop alone.
 *
 * The bus keeps a message until its receiver takes it, and counts it against the sender: with more
 * than so much (max_incoming_bytes, 127 MiB) it reads nothing from the service any more, for
 * nobody. So callers who were sent much are asked now and then (org.freedesktop.DBus.Peer.Ping):
 * an answer comes after all that was sent before it was read. Users who have not read 16 MiB are
 * served no more, and answered no more (gate.c) when what they are refused by has added to it.
 */

/* A reply larger than that waits for what all callers have to read. */
#define LINX_LARGE_REPLY (64 << 10)
/* A smaller one is as much as the gate has counted for it. */
#define LINX_SMALL_REPLY (1 << 10)

/** linx_backlog_init: for @bus, whose gate tells what it and GDBus have answered. */
void linx_backlog_init (GDBusConnection *bus);

/**
 * linx_backlog_add:
 * @caller: who was sent something
 * @bytes: how much
 */
void linx_backlog_add (LinxCaller *caller, gsize bytes);

/** linx_backlog_delays_signals: whether the connection of @caller, or its user, has so much to read
 * that it is told nothing more. */
gboolean linx_backlog_delays_signals (const LinxCaller *caller);

/**
 * linx_backlog_check:
 * @caller: who is to be sent something
 * @bytes: how much; 0: not known yet
 * @error: LimitsExceeded where its user, or all callers together, have too much to read
 */
gboolean linx_backlog_check (const LinxCaller *caller, gsize bytes, GError **error);

/** linx_backlog_on_read: @func is called whenever a caller has read what it was sent. */
void linx_backlog_on_read (void (*func) (void));

/** linx_backlog_forget: @name has vanished, and with it what it had to read. */
void linx_backlog_forget (const char *name);

/** linx_backlog_clear: forgets all of it, at the end of the service. */
void linx_backlog_clear (void);
