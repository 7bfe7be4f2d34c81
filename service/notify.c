/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify.h"

#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
linx_notify_watchdog (void)
{
  static const char message[] = "WATCHDOG=1";
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const char *path = g_getenv ("NOTIFY_SOCKET");
  int fd;

  if (path == NULL || strlen (path) >= sizeof address.sun_path)
    return;
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return;
  strcpy (address.sun_path, path);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  (void)sendto (fd, message, strlen (message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                (socklen_t)(offsetof (struct sockaddr_un, sun_path) + strlen (path)));
  close (fd);
}
