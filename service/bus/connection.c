/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/connection.h"
#include "bus/input.h"
#include "bus/message-fds.h"
#include "bus/message-filter.h"
#include "bus/relay.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
/* data/org.linx.Mount1.conf says who may send what to it: nobody anything. */
#define POLKITS_NAME "org.linx.Mount1.Polkit"
/* DBUS_NAME_FLAG_ALLOW_REPLACEMENT | DBUS_NAME_FLAG_REPLACE_EXISTING: a service that ends has it
 * until the last prompt is answered. */
#define NAME_FLAGS 3

/* GDBus's thread runs it, for all connections. */
static GMainContext *context;

static GDBusMessage *
note_context (GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer unused)
{
  (void)bus;
  (void)incoming;
  (void)unused;
  if (context == NULL)
    context = g_main_context_ref_thread_default ();
  return message;
}

static gboolean
ask_bus (GDBusConnection *bus, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) answer
      = g_dbus_connection_call_sync (bus, BUS_NAME, BUS_PATH, BUS_NAME, method, arguments, NULL,
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);

  return answer != NULL;
}

GDBusConnection *
linx_bus_connect_to_polkit (GError **error)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, error);
  guint filter;

  if (bus == NULL)
    return NULL;
  linx_message_fds_filter (bus, FALSE);
  filter = g_dbus_connection_add_filter (bus, note_context, NULL, NULL);
  if (!ask_bus (bus, "RequestName", g_variant_new ("(su)", POLKITS_NAME, NAME_FLAGS), error))
    return NULL;
  g_dbus_connection_remove_filter (bus, filter);
  return g_steal_pointer (&bus);
}

static void
refuse (const char *sender, guint32 serial, LinxFramingReason reason)
{
  g_autofree char *too_large
      = g_strdup_printf ("the arguments are larger than %d bytes", LINX_MAX_ARGUMENT_BYTES);

  linx_message_filter_refuse (
      sender, serial,
      reason == LINX_FRAMING_TOO_LARGE ? too_large : "too much is sent at once by this user");
}

static GIOStream *
open_stream (GError **error)
{
  static const LinxFramingPolicy policy = { .admit = linx_input_admit, .refuse = refuse };
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, error);
  GIOStream *stream
      = address != NULL ? g_dbus_address_get_stream_sync (address, NULL, NULL, error) : NULL;

  return stream != NULL ? linx_relay_start (stream, context, &policy, error) : NULL;
}

GDBusConnection *
linx_bus_connect (GError **error)
{
  g_autoptr (GIOStream) stream = open_stream (error);
  GDBusConnection *bus = NULL;

  if (stream != NULL)
    bus = g_dbus_connection_new_sync (stream, NULL,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                      NULL, NULL, error);
  if (bus == NULL)
    return NULL;
  linx_message_fds_filter (bus, TRUE);
  linx_message_filter_add (bus);
  return bus;
}

/* g_dbus_connection_flush() knows of no more than the relay. The bus reads one message after the
 * other. */
void
linx_bus_flush (GDBusConnection *bus)
{
  ask_bus (bus, "GetId", NULL, NULL);
}
