/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/*
 * The gate: how many messages of a user get as far as the main loop, where everybody waits behind
 * them. Those over the bound of its calls are refused in GDBus's thread.
 */

/** linx_gate_filter: puts the gate before all that comes from @bus. */
void linx_gate_filter (GDBusConnection *bus);

/**
 * linx_gate_on_answers:
 * @func: told, in the main loop, of a connection that it hears of for the first time, and then now
 *   and then, about how many bytes it was answered by others than the main loop
 */
void linx_gate_on_answers (void (*func) (const char *name, gsize bytes));

/** linx_gate_silence: from now on the messages of @uid's connections are dropped without an answer,
 * or, where @is_to_be is %FALSE, no more. */
void linx_gate_silence (uid_t uid, gboolean is_to_be);

/** linx_gate_know: from now on the messages of @caller are counted as its user's; before, as its
 * connection's. */
void linx_gate_know (const LinxCaller *caller);

/** linx_gate_keep: the bus cannot say whose @name is: it is not forgotten before it vanishes. */
void linx_gate_keep (const char *name);

/** linx_gate_forget: @name has vanished. */
void linx_gate_forget (const char *name);
