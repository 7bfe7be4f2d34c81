/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stranger.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKET_DIRECTORY "/run/dbus"
#define SOCKET "system_bus_socket"

void
stranger_die (const char *what, const char *why)
{
  fprintf (stderr, "stranger: %s: %s\n", what, why);
  exit (1);
}

static void
check (int result, const char *what)
{
  if (result < 0)
    stranger_die (what, strerror (errno));
}

static uid_t uid;
static gid_t gid;

/* The working directory stays where the bus is. */
void
stranger_enter (const char *user, const char *pid)
{
  const struct passwd *entry = getpwnam (user);
  g_autofree char *path = g_strdup_printf ("/proc/%s/ns/mnt", pid);
  int directory = open (SOCKET_DIRECTORY, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int ns = open (path, O_RDONLY | O_CLOEXEC);

  if (entry == NULL)
    stranger_die (user, "no such user");
  uid = entry->pw_uid;
  gid = entry->pw_gid;
  check (directory, SOCKET_DIRECTORY);
  check (ns, path);
  check (initgroups (user, gid), "initgroups");
  check (unshare (CLONE_FS), "unshare");
  check (setns (ns, CLONE_NEWNS), "setns");
  check (fchdir (directory), SOCKET_DIRECTORY);
  close (directory);
  close (ns);
}

void
stranger_become (void)
{
  check (setresgid (gid, gid, gid), "setresgid");
  check (setresuid (uid, uid, uid), "setresuid");
}

GDBusConnection *
stranger_connect (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (SOCKET);
  g_autoptr (GSocketConnection) stream
      = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);
  GDBusConnection *bus;

  if (stream == NULL)
    stranger_die ("the bus", error->message);
  bus = g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL,
                                    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                        | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                    NULL, NULL, &error);
  if (bus == NULL)
    stranger_die ("the bus", error->message);
  return bus;
}

GDBusMessage *
stranger_call (const char *method, GVariant *arguments)
{
  GDBusMessage *message
      = g_dbus_message_new_method_call (STRANGER_NAME, STRANGER_PATH, STRANGER_NAME, method);

  if (arguments != NULL)
    g_dbus_message_set_body (message, arguments);
  return message;
}
