/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* SCM_MAX_FD (include/net/scm.h): with one message of a stream there are no more. */
#define LINX_RELAY_MAX_FDS 253

/**
 * LinxRelayFds:
 * @fd: descriptors
 * @n: how many
 * @lost: whether there were more, for which there was no place
 *
 * What came with bytes of a stream.
 */
typedef struct {
  int fd[LINX_RELAY_MAX_FDS];
  guint n;
  gboolean lost;
} LinxRelayFds;

/**
 * linx_relay_fds_receive:
 * @socket: a stream socket
 * @bytes: where what it has goes
 * @size: how much of it, at the most
 * @fds: what came along is added to them
 *
 * Returns: how many bytes; 0 at the end, -1 on an error, with errno set: EAGAIN where there is
 *   nothing now
 */
gssize linx_relay_fds_receive (int socket, guint8 *bytes, gsize size, LinxRelayFds *fds);

/** linx_relay_fds_receive_without: likewise; what came along is @lost. The kernel lets go of it
 * where nobody has to close it (filp_close() asks its filesystem, fput() does not). */
gssize linx_relay_fds_receive_without (int socket, guint8 *bytes, gsize size, LinxRelayFds *fds);

/** linx_relay_fds_peek: what comes next, which stays where it is. */
gssize linx_relay_fds_peek (int socket, guint8 *bytes, gsize size);

/**
 * linx_relay_fds_send:
 * @socket: a stream socket
 * @bytes: what goes there
 * @size: how much
 * @fds: what goes with the first byte of it
 *
 * Returns: how many bytes were sent; -1 with errno set: EAGAIN where there is no room now
 */
gssize linx_relay_fds_send (int socket, const guint8 *bytes, gsize size, const LinxRelayFds *fds);

/** linx_relay_fds_move: adds all of @from to @to. */
void linx_relay_fds_move (LinxRelayFds *from, LinxRelayFds *to);

/** linx_relay_fds_are: whether any came, lost ones too. */
gboolean linx_relay_fds_are (const LinxRelayFds *fds);

/** linx_relay_fds_close: closes the service's own. */
void linx_relay_fds_close (LinxRelayFds *fds);
