/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Parking: workers that wait. Starting a thread and giving it a table of its own takes longer than
 * most of what it then does; so it is done ahead, beside the main loop. A worker that has come back
 * to the service's own mount namespace, with nothing of what it did, is parked again.
 */

typedef struct _LinxParked LinxParked;

/**
 * linx_parking_init:
 * @func: what a worker does with what it is given; its end of the channel is LINX_SLOT. Returns
 *   whether it is back in the service's own mount namespace, and nobody has given it up
 *
 * Starts to park workers. Called once, after linx_process_init().
 */
void linx_parking_init (gboolean (*func) (gpointer data));

/**
 * linx_parking_take:
 * @data: for the worker
 * @error: Pipe.*, Thread.*, Unshare.*
 *
 * Takes a worker: a thread that shares neither descriptors nor root and working directory with the
 * service. It goes to work when the first message arrives at its end of the channel.
 *
 * Returns: (transfer full): the worker, to be let go of once it has answered or is given up; or
 * %NULL
 */
LinxParked *linx_parking_take (gpointer data, GError **error);

/** linx_parking_channel: the service's end of the channel, while the worker is not let go of. */
int linx_parking_channel (const LinxParked *worker);

void linx_parking_unref (LinxParked *worker);

/**
 * linx_parking_spend_worker:
 *
 * Called on a worker, before it takes on anything that it cannot surely put down: somebody's
 * credentials, or another kind of namespace. It is not parked again.
 */
void linx_parking_spend_worker (void);
