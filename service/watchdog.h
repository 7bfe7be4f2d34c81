/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/** linx_watchdog_init: from now on the main loop tells the service manager that it goes round,
 * where that wants to be told (sd_notify(3), WATCHDOG=1). */
void linx_watchdog_init (void);
