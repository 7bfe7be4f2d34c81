/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * The reaper: where descriptors end whose last close may take its time.
 */

/**
 * linx_reaper_init:
 * @most: how many closes of each kind, and how many frees, may be under way at once
 *
 * Called once, from main(), after linx_process_init().
 */
void linx_reaper_init (guint most);

/**
 * linx_reaper_free:
 * @data: (transfer full): data with descriptors in it
 * @free_data: frees it
 *
 * Frees @data on a thread that shares the service's descriptors: not in the main loop, for the last
 * close of a namespace or of a mount may take its time, and not on a worker, whose numbers are
 * others.
 */
void linx_reaper_free (gpointer data, GDestroyNotify free_data);

/**
 * linx_reaper_close:
 * @fds: descriptors
 * @n: how many
 *
 * Closes descriptors of the service's own making, on threads: the last one on a mount may wait for
 * its filesystem.
 */
void linx_reaper_close (const int *fds, guint n);

/**
 * linx_reaper_close_strangers:
 * @fds: descriptors
 * @n: how many
 *
 * Closes descriptors that strangers sent, on threads that may all be lost to it: closing a FUSE
 * file waits for its server. What linx_reaper_close() closes does not wait behind them.
 */
void linx_reaper_close_strangers (const int *fds, guint n);
