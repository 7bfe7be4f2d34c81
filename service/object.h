/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * linx_service_register:
 * @bus: the system bus
 * @error: where the error goes
 *
 * Puts the object on the bus. Its name is asked for afterwards.
 *
 * Returns: whether it is there
 */
gboolean linx_service_register (GDBusConnection *bus, GError **error);
