/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Descriptors by place, between two tables (unix(7), SCM_RIGHTS). */

#define LINX_MAX_FDS 540

/**
 * linx_fds_send:
 * @channel: a SOCK_SEQPACKET socket
 * @places: (array length=n_places): descriptors; -1 is an empty place
 * @n_places: at most LINX_MAX_FDS
 *
 * Sends copies of them.
 *
 * Returns: whether they were sent; else the peer waits in vain, if it is there
 */
gboolean linx_fds_send (int channel, const int *places, guint n_places);

/**
 * linx_fds_receive:
 * @channel: the other socket
 * @places: (out) (array length=n_places): descriptors, at the places they were sent from; -1 is an
 *   empty place, and all are on an error
 * @n_places: as sent
 * @error: Pipe.EMFILE where this table is full; Pipe.EPIPE where nothing was sent
 */
gboolean linx_fds_receive (int channel, int *places, guint n_places, GError **error);
