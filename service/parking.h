/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Parking: workers that wait. Starting a thread and giving it a table of its own takes longer than
 * most of what it then does; so it is done ahead, beside the main loop.
 */

/**
 * linx_parking_init:
 * @work: what a worker does with what it is given; its end of the channel is LINX_SLOT
 *
 * Starts to park workers. Called once, after linx_process_init().
 */
void linx_parking_init (void (*work) (gpointer data));

/**
 * linx_parking_take:
 * @data: for the worker
 * @error: Pipe.*, Thread.*, Unshare.*
 *
 * Takes a worker: a new thread that shares neither descriptors nor root and working directory with
 * the service. It goes to work when the first message arrives at its end of the channel, or when
 * the service closes its own.
 *
 * Returns: (transfer full): the service's end of the channel, or -1
 */
int linx_parking_take (gpointer data, GError **error);
