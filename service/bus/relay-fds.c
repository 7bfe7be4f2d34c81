/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/relay-fds.h"
#include "worker/async-close.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union {
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int) * LINX_RELAY_MAX_FDS)];
} Control;

/* More than there is place for nobody sends with one message. */
static void
add (LinxRelayFds *fds, const int *more, guint n)
{
  guint fit = MIN (n, LINX_RELAY_MAX_FDS - fds->n);

  memcpy (fds->fd + fds->n, more, fit * sizeof *more);
  fds->n += fit;
  fds->lost |= fit < n;
  if (fit < n)
    linx_async_close_untrusted (LINX_ACCOUNT_NOBODY, more + fit, n - fit);
}

gssize
linx_relay_fds_receive (int socket, guint8 *bytes, gsize size, LinxRelayFds *fds)
{
  Control control;
  struct iovec iov = { bytes, size };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  gssize n = recvmsg (socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR (&message) : NULL;
  int came[LINX_RELAY_MAX_FDS];

  fds->lost |= n > 0 && (message.msg_flags & MSG_CTRUNC) != 0;
  for (; header != NULL; header = CMSG_NXTHDR (&message, header)) {
    gsize length = header->cmsg_len - CMSG_LEN (0);

    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
      continue;
    memcpy (came, CMSG_DATA (header), length);
    add (fds, came, (guint)(length / sizeof (int)));
  }
  return n;
}

gssize
linx_relay_fds_receive_without (int socket, guint8 *bytes, gsize size, LinxRelayFds *fds)
{
  struct iovec iov = { bytes, size };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
  gssize n = recvmsg (socket, &message, MSG_DONTWAIT);

  fds->lost |= n > 0 && (message.msg_flags & MSG_CTRUNC) != 0;
  return n;
}

gssize
linx_relay_fds_peek (int socket, guint8 *bytes, gsize size)
{
  return recv (socket, bytes, size, MSG_PEEK | MSG_DONTWAIT);
}

gssize
linx_relay_fds_send (int socket, const guint8 *bytes, gsize size, const LinxRelayFds *fds)
{
  Control control = { 0 };
  struct iovec iov = { (void *)bytes, size };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

  if (fds->n == 0)
    return send (socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE (sizeof (int) * fds->n);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN (sizeof (int) * fds->n);
  memcpy (CMSG_DATA (&control.header), fds->fd, sizeof (int) * fds->n);
  return sendmsg (socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
linx_relay_fds_move (LinxRelayFds *from, LinxRelayFds *to)
{
  add (to, from->fd, from->n);
  to->lost |= from->lost;
  from->n = 0;
  from->lost = FALSE;
}

gboolean
linx_relay_fds_are (const LinxRelayFds *fds)
{
  return fds->n > 0 || fds->lost;
}

void
linx_relay_fds_close (LinxRelayFds *fds)
{
  for (guint i = 0; i < fds->n; i++)
    close (fds->fd[i]);
  fds->n = 0;
  fds->lost = FALSE;
}
