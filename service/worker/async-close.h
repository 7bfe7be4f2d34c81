/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

/*
 * Closing asynchronously: where descriptors are closed whose last close may take its time.
 */

/**
 * linx_async_close_init:
 * @most: how many closes of the service's own may be under way at once; twice as many threads are
 *   for what may never end
 *
 * Called once, from main(), after linx_process_init().
 */
void linx_async_close_init (guint most);

/**
 * linx_async_close_free:
 * @account: whose it is
 * @data: (transfer full): data with descriptors in it
 * @free_data: frees it
 *
 * Frees @data on a thread that shares the service's descriptors: not in the main loop, for the last
 * close of a namespace or of a mount may take its time, and not on a worker, whose numbers are
 * others. The thread may be lost to it: an account has an eighth of them at the most, an eighth is
 * root's, and another one is for accounts that have none. What is others' does not wait behind its
 * own.
 */
void linx_async_close_free (LinxAccount account, gpointer data, GDestroyNotify free_data);

/**
 * linx_async_close_fd:
 * @fds: descriptors
 * @n: how many
 *
 * Closes descriptors of the service's own making, on threads: the last one on a mount may wait for
 * its filesystem.
 */
void linx_async_close_fd (const int *fds, guint n);

/**
 * linx_async_close_untrusted:
 * @account: who sent them
 * @fds: descriptors
 * @n: how many
 *
 * Closes descriptors that callers sent, as linx_async_close_free() frees: closing a FUSE file
 * waits for its server.
 */
void linx_async_close_untrusted (LinxAccount account, const int *fds, guint n);

/**
 * linx_async_close_has_too_many:
 * @account: a user, or nobody
 *
 * Returns: whether so much that it sent waits to be closed that no more is to be received from it
 */
gboolean linx_async_close_has_too_many (LinxAccount account);

/** linx_async_close_has_too_many_of_some: whether there is an account of which that is so. */
gboolean linx_async_close_has_too_many_of_some (void);

/** linx_async_close_on_full: @func is called in the main loop when what callers sent, and nobody
 * can close, fills half of the table of descriptors. */
void linx_async_close_on_full (void (*func) (void));

/** linx_async_close_is_closing: whether something that callers sent is still open. */
gboolean linx_async_close_is_closing (void);
