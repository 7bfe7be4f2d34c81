/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Spare workers: threads that wait for a job. Starting a thread and giving it a table of its own
 * takes longer than most of what it then does; so it is done ahead, beside the main loop. A worker
 * that has come back to the service's own mount namespace, with nothing of what it did, is a spare
 * one again.
 */

typedef struct _LinxSpareWorker LinxSpareWorker;

/**
 * linx_spare_workers_init:
 * @func: what a worker does with what it is given; its end of the channel is LINX_SLOT. Returns
 *   whether it is back in the service's own mount namespace, and nobody has given it up
 *
 * Starts to start spare workers. Called once, after linx_process_init().
 */
void linx_spare_workers_init (gboolean (*func) (gpointer data));

/**
 * linx_spare_workers_take:
 * @data: for the worker
 * @error: Pipe.*, Thread.*, Unshare.*
 *
 * Takes a worker: a thread that shares neither descriptors nor root and working directory with the
 * service. It goes to work when the first message arrives at its end of the channel.
 *
 * Returns: (transfer full): the worker, to be let go of once it has answered or is given up; or
 * %NULL
 */
LinxSpareWorker *linx_spare_workers_take (gpointer data, GError **error);

/** linx_spare_workers_channel: the service's end of the channel, while the worker is not let go of.
 */
int linx_spare_workers_channel (const LinxSpareWorker *worker);

void linx_spare_workers_unref (LinxSpareWorker *worker);

/**
 * linx_spare_workers_discard_current:
 *
 * Called on a worker, before it takes on anything that it cannot surely put down: somebody's
 * credentials, or another kind of namespace. It is not a spare one again.
 */
void linx_spare_workers_discard_current (void);
