/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"

/*
 * Room: how much callers may leave unread (backlog.h), each user and all together, and what becomes
 * of who leaves more. A large reply, and one with a descriptor, has to find room. Small ones are
 * sent, and a user who reads none of them comes to where the gate is shut. For the main loop alone.
 */

/** linx_room_init: @bus is the connection that all is sent by. */
void linx_room_init (GDBusConnection *bus);

/**
 * LinxRoomFunc:
 * @error: (nullable): LimitsExceeded, where a user, or all callers together, have too much to read
 * @data: the function's data
 */
typedef void (*LinxRoomFunc) (const GError *error, gpointer data);

/**
 * linx_room_take:
 * @caller: who is about to be sent a reply
 * @bytes: about how much
 * @fds: how many descriptors
 * @func: called once there is room for it, and it was added to the backlog, or there is none. At
 *   once, unless the bus has to be asked, for some moments, whether there is
 * @data: for @func
 */
void linx_room_take (LinxCaller *caller, gsize bytes, guint fds, LinxRoomFunc func, gpointer data);

/** linx_room_is_shut: whether the user of @caller has so much to read that its calls are refused.
 * @error: LimitsExceeded */
gboolean linx_room_is_shut (const LinxCaller *caller, GError **error);

/** linx_room_for_signals: whether the connection of @caller, and its user, have read enough to be
 * told more. */
gboolean linx_room_for_signals (const LinxCaller *caller);

/** linx_room_clear: forgets all of it, at the end of the service. */
void linx_room_clear (void);
