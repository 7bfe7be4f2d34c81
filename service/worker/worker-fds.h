/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Worker descriptors: on their way to a worker. What callers sent with a message is looked at by
 * threads of its own, for that may wait for a filesystem.
 */

/** linx_worker_fds_init: @most: how many may be looked at at once. Called once, after
 * linx_async_close_init(). */
void linx_worker_fds_init (guint most);

/**
 * linx_worker_fds_send:
 * @channel: the service's end of the channel to a worker
 * @fds: (array length=n_fds): descriptors; -1 is an empty place
 * @n_fds: how many
 * @first_untrusted: those from here on are callers', and stay open until the worker has answered or
 * is given up and has let go of its data
 *
 * Sends copies to the worker, at once or soon. Where that cannot be, the worker hears the end.
 */
void linx_worker_fds_send (int channel, const int *fds, guint n_fds, guint first_untrusted);
