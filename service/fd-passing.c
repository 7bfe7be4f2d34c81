/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fd-passing.h"
#include "linx-error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One byte for each place, saying whether its descriptor is in the ancillary data. */
gboolean
linx_fds_send (int channel, const int *places, guint n_places)
{
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int) * LINX_MOST_FDS)];
  } control = { 0 };
  char present[LINX_MOST_FDS + 1] = { 0 };
  int fds[LINX_MOST_FDS];
  guint n = 0;
  struct iovec iov = { present, sizeof present };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

  for (guint i = 0; i < n_places; i++) {
    if (places[i] < 0)
      continue;
    present[i] = 1;
    fds[n++] = places[i];
  }
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

static guint
count_present (const char *present, guint n_places)
{
  guint n = 0;

  for (guint i = 0; i < n_places; i++)
    n += present[i] != 0;
  return n;
}

/* Empty places stay -1. A table that is full has the kernel drop descriptors (MSG_CTRUNC,
 * recvmsg(2)): then none counts. */
gboolean
linx_fds_receive (int channel, int *places, guint n_places, GError **error)
{
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int) * LINX_MOST_FDS)];
  } control;
  char present[LINX_MOST_FDS + 1] = { 0 };
  struct iovec iov = { present, sizeof present };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  struct cmsghdr *header;
  int fds[LINX_MOST_FDS];
  guint n = 0, next = 0;

  for (guint i = 0; i < n_places; i++)
    places[i] = -1;
  if (recvmsg (channel, &message, MSG_CMSG_CLOEXEC) <= 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_PIPE, EPIPE, "worker", NULL);
  header = CMSG_FIRSTHDR (&message);
  if (header != NULL) {
    n = (guint)((header->cmsg_len - CMSG_LEN (0)) / sizeof (int));
    memcpy (fds, CMSG_DATA (header), n * sizeof (int));
  }
  if (n != count_present (present, n_places)) {
    for (guint i = 0; i < n; i++)
      close (fds[i]);
    return linx_error_set (error, LINX_MOUNT_STAGE_PIPE, EMFILE, "worker", NULL);
  }
  for (guint i = 0; i < n_places; i++)
    if (present[i])
      places[i] = fds[next++];
  return TRUE;
}
