/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/*
 * The gate: how many messages of a user get as far as the main loop, where everybody waits behind
 * them. Those over the bound of its calls are refused in GDBus's thread.
 */

/** linx_gate_filter: puts the gate before all that comes from @bus. */
void linx_gate_filter (GDBusConnection *bus);

/** linx_gate_know: from now on the messages of @caller are counted as its user's; before, as its
 * connection's. */
void linx_gate_know (const LinxCaller *caller);

/** linx_gate_forget: @name has vanished. */
void linx_gate_forget (const char *name);
