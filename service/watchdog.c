/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watchdog.h"

#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_length;

static gboolean
tell (gpointer unused)
{
  static const char message[] = "WATCHDOG=1";
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  (void)unused;
  if (fd < 0)
    return G_SOURCE_CONTINUE;
  (void)sendto (fd, message, strlen (message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                address_length);
  close (fd);
  return G_SOURCE_CONTINUE;
}

void
linx_watchdog_init (void)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  const char *usec = g_getenv ("WATCHDOG_USEC");
  guint64 interval = usec != NULL ? g_ascii_strtoull (usec, NULL, 10) : 0;

  if (path == NULL || interval == 0 || strlen (path) >= sizeof address.sun_path)
    return;
  strcpy (address.sun_path, path);
  address_length = (socklen_t)(offsetof (struct sockaddr_un, sun_path) + strlen (path));
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  g_timeout_add ((guint)(interval / 1000 / 2), tell, NULL);
}
