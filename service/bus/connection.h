/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * The service's two connections to the system bus: the one it is called by, and the one that polkit
 * answers by, where answers do not queue behind calls.
 */

/**
 * linx_bus_connect_to_polkit:
 * @error: where the error goes
 *
 * Returns: (transfer full): what libpolkit finds by g_bus_get(), under a name that nobody may send
 *   anything to. Asked for first.
 */
GDBusConnection *linx_bus_connect_to_polkit (GError **error);

/**
 * linx_bus_connect:
 * @error: where the error goes
 *
 * Returns: (transfer full): a connection whose messages pass the relay and the message filter
 */
GDBusConnection *linx_bus_connect (GError **error);

/** linx_bus_flush: returns once the bus has all that was sent by @bus, or is gone. */
void linx_bus_flush (GDBusConnection *bus);
