/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * flood CONNECTIONS DEPTH list|denied|fresh|prompt [NAME]: calls the service, or who has another
 * bus name, for as long as it lives, with DEPTH calls under way on each connection. list:
 * ListMounts, one row of it; denied: Mount, which polkit refuses; fresh: as list, with a new
 * connection for each DEPTH calls; prompt: Umount, which a person is asked for, from the end of its
 * input on. Prints "ready" after the first answer.
 */

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define NAME "org.linx.Mount1"

typedef struct {
  GDBusConnection *bus;
  guint left; /* under way */
} Flow;

static guint depth;
static const char *kind;
static const char *name = NAME;
static gboolean told;

static void call (Flow *flow);

static void
open_flow (Flow *flow)
{
  g_autoptr (GError) error = NULL;

  flow->bus = g_dbus_connection_new_for_address_sync (
      ADDRESS,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  if (flow->bus == NULL) {
    fprintf (stderr, "flood: %s\n", error->message);
    exit (1);
  }
  for (guint i = 0; i < depth; i++)
    call (flow);
}

/* Whatever the answer is. */
static void
on_answer (GObject *bus, GAsyncResult *result, gpointer data)
{
  Flow *flow = data;
  g_autoptr (GVariant) reply G_GNUC_UNUSED
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, NULL);

  if (!told) {
    told = TRUE;
    printf ("ready\n");
    fflush (stdout);
  }
  flow->left--;
  if (strcmp (kind, "fresh") != 0) {
    call (flow);
  } else if (flow->left == 0) {
    g_dbus_connection_close_sync (flow->bus, NULL, NULL);
    g_object_unref (flow->bus);
    open_flow (flow);
  }
}

static void
call (Flow *flow)
{
  const char *method = "ListMounts", *arguments = "({'limit': <uint32 1>, 'fields': <['id']>},)";
  GDBusCallFlags flags = G_DBUS_CALL_FLAGS_NONE;

  if (strcmp (kind, "denied") == 0) {
    method = "Mount";
    arguments = "('tmpfs', '/mnt', 'tmpfs', @a{sv} {})";
  } else if (strcmp (kind, "prompt") == 0) {
    method = "Umount";
    arguments = "('/dev/shm', @a{sv} {})";
    flags = G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION;
  }
  flow->left++;
  g_dbus_connection_call (flow->bus, name, "/org/linx/Mount1", NAME, method,
                          g_variant_new_parsed (arguments), NULL, flags, -1, NULL, on_answer, flow);
}

int
main (int argc, char **argv)
{
  guint n = argc == 4 || argc == 5 ? (guint)atoi (argv[1]) : 0;
  Flow *flows = g_new0 (Flow, n + 1);

  if (n == 0) {
    fprintf (stderr, "usage: flood CONNECTIONS DEPTH list|denied|fresh|prompt [NAME]\n");
    return 2;
  }
  depth = (guint)atoi (argv[2]);
  kind = argv[3];
  if (argc == 5)
    name = argv[4];
  while (strcmp (kind, "prompt") == 0 && getchar () != EOF)
    ;
  for (guint i = 0; i < n; i++)
    open_flow (&flows[i]);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
