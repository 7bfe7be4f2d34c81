/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"

/*
 * Who is on the bus: each connection that has called is asked for once, and kept until it leaves.
 * For the main loop alone.
 */

/**
 * linx_caller_get:
 * @bus: the system bus
 * @name: a unique name
 * @callback: called in the main context
 * @user_data: for @callback
 *
 * Asks the bus who @name is: once for as long as the name lives.
 */
void linx_caller_get (GDBusConnection *bus, const char *name, GAsyncReadyCallback callback,
                      gpointer user_data);

/** linx_caller_identify: linx_caller_get(), for what is no call of @name's: it has no bound. */
void linx_caller_identify (GDBusConnection *bus, const char *name, GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * linx_caller_find:
 * @name: a unique name
 *
 * Returns: (transfer full) (nullable): the caller, if it is known already
 */
LinxCaller *linx_caller_find (const char *name);

/**
 * linx_caller_get_finish:
 * @result: the result
 * @error: OpenNs.ESRCH where the caller is gone; LimitsExceeded where as many of its calls as a
 * user may have under way wait for the same
 *
 * Returns: (transfer full): the caller
 */
LinxCaller *linx_caller_get_finish (GAsyncResult *result, GError **error);

/**
 * linx_callers_init:
 * @bus: the system bus
 * @error: where the error goes
 *
 * From now on the service hears of callers that leave.
 */
gboolean linx_callers_init (GDBusConnection *bus, GError **error);

/** linx_callers_clear: forgets all callers, at the end of the service. */
void linx_callers_clear (void);

/** linx_callers_on_vanished: @func is told of each name that leaves the bus. */
void linx_callers_on_vanished (void (*func) (const char *name));
