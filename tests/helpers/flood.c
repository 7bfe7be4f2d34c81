/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * flood CONNECTIONS DEPTH list|denied|fresh: calls the service for as long as it lives, with DEPTH
 * calls under way on each connection. list: ListMounts, one row of it; denied: Mount, which polkit
 * refuses; fresh: as list, with a new connection for each DEPTH calls. Prints "ready" after the
 * first answer.
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
  gboolean mounts = strcmp (kind, "denied") == 0;
  GVariant *arguments = mounts
                            ? g_variant_new_parsed ("('tmpfs', '/mnt', 'tmpfs', @a{sv} {})")
                            : g_variant_new_parsed ("({'limit': <uint32 1>, 'fields': <['id']>},)");

  flow->left++;
  g_dbus_connection_call (flow->bus, NAME, "/org/linx/Mount1", NAME,
                          mounts ? "Mount" : "ListMounts", arguments, NULL, G_DBUS_CALL_FLAGS_NONE,
                          -1, NULL, on_answer, flow);
}

int
main (int argc, char **argv)
{
  guint n = argc == 4 ? (guint)atoi (argv[1]) : 0;
  Flow *flows = g_new0 (Flow, n + 1);

  if (n == 0) {
    fprintf (stderr, "usage: flood CONNECTIONS DEPTH list|denied|fresh\n");
    return 2;
  }
  depth = (guint)atoi (argv[2]);
  kind = argv[3];
  for (guint i = 0; i < n; i++)
    open_flow (&flows[i]);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
