/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The service's workers, in this process. */

/**
 * bench_jobs_init:
 *
 * Makes this process one that has workers. It closes all but standard input, output and error, and
 * is called before all else that opens something.
 */
void bench_jobs_init (void);

/**
 * bench_job:
 * @method: a method's name
 * @arguments: (transfer floating): its arguments
 *
 * Does what the service does once it has a message of root's: decodes it, has a worker do it, and
 * waits for that in the main loop. There is neither bus nor reply.
 */
void bench_job (const char *method, GVariant *arguments);
