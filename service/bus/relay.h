/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/framing.h"

#include <gio/gio.h>

/*
 * The relay: a stage between the bus's socket and GDBus, which reads each message whole and parses
 * it before anybody may look at it. What is too large (bus/framing.h), or has no place
 * (bus/input.h), is read here in small pieces, and goes no further; all else passes as it came,
 * both ways, with its descriptors. Each way has one buffer, and nothing is read for it before it is
 * empty.
 */

/**
 * linx_relay_start:
 * @bus: (transfer full): a connected stream socket, before authentication
 * @context: the one the relay runs in. In GDBus's own, nothing has to wait for another thread
 * @policy: for what comes from the bus; asked in @context
 * @error: where the error goes
 *
 * Returns: (transfer full): what takes the place of @bus; NULL on error. The relay ends with either
 *   of them.
 */
GIOStream *linx_relay_start (GIOStream *bus, GMainContext *context, const LinxFramingPolicy *policy,
                             GError **error);
