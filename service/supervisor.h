/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * linx_supervisor_start:
 *
 * Goes on in a child, which ends with this process; and this process with the child, also where a
 * thread of that is stuck in the kernel: until it is let go, nobody could wait(2) for the child,
 * and a service manager that waits for it would start no new one.
 *
 * The first thing in main(), before there are threads. Returns in the child alone.
 */
void linx_supervisor_start (void);

/**
 * linx_supervisor_ping:
 *
 * Has the supervisor tell the service manager that the main loop goes round: it takes such words
 * from the process that it started, and from no other.
 *
 * Returns: whether there is a supervisor
 */
gboolean linx_supervisor_ping (void);
