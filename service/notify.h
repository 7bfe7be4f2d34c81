/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/** linx_notify_watchdog: tells the service manager, from this process, that the main loop goes
 * round (sd_notify(3), WATCHDOG=1). */
void linx_notify_watchdog (void);
