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
 * @owner: who sent them: a uid, or -1
 * @fds: descriptors
 * @n: how many
 *
 * Closes descriptors that strangers sent, on threads that may be lost to it: closing a FUSE file
 * waits for its server. An owner has an eighth of the threads at the most: what others sent does
 * not wait behind its own.
 */
void linx_reaper_close_strangers (gint64 owner, const int *fds, guint n);

/** linx_reaper_on_full: @func is called in the main loop when what strangers sent, and nobody can
 * close, fills half of the table of descriptors. */
void linx_reaper_on_full (void (*func) (void));

/** linx_reaper_is_closing: whether something that strangers sent is still open. */
gboolean linx_reaper_is_closing (void);
