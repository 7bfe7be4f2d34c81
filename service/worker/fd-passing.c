/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/fd-passing.h"
#include "linx-error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel takes 253 (SCM_MAX_FD, include/net/scm.h). */
#define MAX_FDS_OF_MESSAGE 250

typedef union {
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int) * MAX_FDS_OF_MESSAGE)];
} Control;

static gboolean
send_some (int channel, struct iovec *iov, const int *fds, guint n)
{
  Control control = { 0 };
  struct msghdr message = { .msg_iov = iov, .msg_iovlen = 1 };

  if (n > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE (sizeof (int) * n);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN (sizeof (int) * n);
    memcpy (CMSG_DATA (&control.header), fds, sizeof (int) * n);
  }
  return sendmsg (channel, &message, MSG_NOSIGNAL) >= 0;
}

/* One byte for each place, saying whether its descriptor is in the ancillary data, of this message
 * or of the next ones. */
gboolean
linx_fds_send (int channel, const int *places, guint n_places)
{
  char present[LINX_MAX_FDS + 1] = { 0 };
  int fds[LINX_MAX_FDS];
  guint n = 0, sent = 0;
  struct iovec iov = { present, n_places + 1 };

  for (guint i = 0; i < n_places; i++) {
    if (places[i] < 0)
      continue;
    present[i] = 1;
    fds[n++] = places[i];
  }
  do {
    guint some = MIN (n - sent, MAX_FDS_OF_MESSAGE);

    if (!send_some (channel, &iov, fds + sent, some))
      return FALSE;
    sent += some;
    iov.iov_len = 1;
  } while (sent < n);
  return TRUE;
}

static guint
count_present (const char *present, guint n_places)
{
  guint n = 0;

  for (guint i = 0; i < n_places; i++)
    n += present[i] != 0;
  return n;
}

/* Returns how many there were; -1: no message. */
static int
receive_some (int channel, struct iovec *iov, int *fds)
{
  Control control;
  struct msghdr message = {
    .msg_iov = iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  struct cmsghdr *header;
  guint n;

  if (recvmsg (channel, &message, MSG_CMSG_CLOEXEC) <= 0)
    return -1;
  header = CMSG_FIRSTHDR (&message);
  if (header == NULL)
    return 0;
  n = (guint)((header->cmsg_len - CMSG_LEN (0)) / sizeof (int));
  memcpy (fds, CMSG_DATA (header), n * sizeof (int));
  return (int)n;
}

/* Empty places stay -1. A table that is full has the kernel drop descriptors (MSG_CTRUNC,
 * recvmsg(2)): then none counts. */
gboolean
linx_fds_receive (int channel, int *places, guint n_places, GError **error)
{
  char present[LINX_MAX_FDS + 1] = { 0 };
  struct iovec iov = { present, n_places + 1 };
  int fds[LINX_MAX_FDS + MAX_FDS_OF_MESSAGE];
  int some = receive_some (channel, &iov, fds);
  guint n = (guint)MAX (some, 0), next = 0, wanted = count_present (present, n_places);

  for (guint i = 0; i < n_places; i++)
    places[i] = -1;
  for (guint left = wanted; left > MAX_FDS_OF_MESSAGE && some >= 0; left -= MAX_FDS_OF_MESSAGE) {
    char byte;

    iov = (struct iovec){ &byte, 1 };
    some = receive_some (channel, &iov, fds + n);
    n += (guint)MAX (some, 0);
  }
  if (some < 0 || n != wanted) {
    for (guint i = 0; i < n; i++)
      close (fds[i]);
    return linx_error_set (error, LINX_MOUNT_STAGE_PIPE, some < 0 ? EPIPE : EMFILE, "worker", NULL);
  }
  for (guint i = 0; i < n_places; i++)
    if (present[i])
      places[i] = fds[next++];
  return TRUE;
}
