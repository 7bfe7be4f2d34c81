/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"

/*
 * Limits of sending: how much callers may leave unread (bus/unread.h), each user and all together,
 * and what becomes of who leaves more. A large reply, and one with a descriptor, waits until it is
 * within the limits. Small ones are sent, and of a user who reads none of them the message filter
 * refuses all calls. For the main loop alone.
 */

/** linx_send_limits_init: @bus is the connection that all is sent by. */
void linx_send_limits_init (GDBusConnection *bus);

/**
 * LinxSendFunc:
 * @error: (nullable): LimitsExceeded, where a user, or all callers together, have too much to read
 * @data: the function's data
 */
typedef void (*LinxSendFunc) (const GError *error, gpointer data);

/**
 * linx_send_limits_take:
 * @caller: who is about to be sent a reply
 * @bytes: about how much
 * @fds: how many descriptors
 * @func: called once it is within the limits, and was added to what is unread, or cannot be. At
 *   once, unless the bus has to be asked, for some moments, what was read
 * @data: for @func
 */
void linx_send_limits_take (LinxCaller *caller, gsize bytes, guint fds, LinxSendFunc func,
                            gpointer data);

/** linx_send_limits_is_shut: whether the user of @caller has so much to read that its calls are
 * refused.
 * @error: LimitsExceeded */
gboolean linx_send_limits_is_shut (const LinxCaller *caller, GError **error);

/** linx_send_limits_for_signals: whether the connection of @caller, and its user, have read enough
 * to be told more. */
gboolean linx_send_limits_for_signals (const LinxCaller *caller);

/** linx_send_limits_clear: forgets all of it, at the end of the service. */
void linx_send_limits_clear (void);
