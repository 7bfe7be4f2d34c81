/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/stats.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define INTERFACE "org.freedesktop.DBus.Debug.Stats"
#define PEERS "org.bus1.DBus.Debug.Stats.PeerAccounting"

typedef struct {
  GDBusConnection *bus;
  char *name;
  LinxStatsFunc func;
  gpointer data;
} Question;

/* Of a bus that tells of all connections at once. */
static gboolean tells_of_all;
static GPtrArray
    *waiting; /* questions for the next answer: those that came after it was asked for */
static gboolean is_asking;
static gint64 asked_at; /* monotonic */

/* With thousands of connections it takes the bus, which is there for others, a tenth of a second to
 * say so: it is asked for a fifth of the time. */
#define PAUSES 4

static void
answer (Question *question, LinxAmount kept)
{
  question->func (kept, question->data);
  g_free (question->name);
  g_free (question);
}

static void
call (GDBusConnection *bus, const char *method, GVariant *arguments, GAsyncReadyCallback callback,
      gpointer data)
{
  g_dbus_connection_call (bus, BUS_NAME, BUS_PATH, INTERFACE, method, arguments,
                          G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL,
                          callback, data);
}

/* There is no answer: the connection is gone, or the bus does not tell. */
static void
note_error (const GError *error)
{
  static gboolean told;

  if (told || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return;
  told = TRUE;
  g_message ("Whether callers read what they are sent is not known: %s", error->message);
}

static GVariant *
finish (GObject *bus, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* dbus-broker's names are not quite dbus-daemon's. */
static LinxAmount
read_numbers (GVariant *numbers)
{
  guint32 bytes = 0, fds = 0;

  g_variant_lookup (numbers, "OutgoingBytes", "u", &bytes);
  if (!g_variant_lookup (numbers, "OutgoingFDs", "u", &fds))
    g_variant_lookup (numbers, "OutgoingFds", "u", &fds);
  return (LinxAmount){ bytes, fds };
}

/* Returns: (transfer full): a unique name -> GVariant of numbers; of those that keep something */
static GHashTable *
read_peers (GVariant *stats)
{
  GHashTable *peers
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
  g_autoptr (GVariant) list
      = g_variant_lookup_value (stats, PEERS, G_VARIANT_TYPE ("a(sa{sv}a{su})"));
  gsize n = list != NULL ? g_variant_n_children (list) : 0;

  for (gsize i = 0; i < n; i++) {
    char *name;
    GVariant *numbers;

    g_variant_get_child (list, i, "(s@a{sv}@a{su})", &name, NULL, &numbers);
    g_hash_table_insert (peers, name, numbers);
  }
  return peers;
}

static void ask_of_all (GDBusConnection *bus);

static gboolean
on_pause_over (gpointer bus)
{
  is_asking = FALSE;
  if (waiting->len > 0)
    ask_of_all (bus);
  return G_SOURCE_REMOVE;
}

static void
on_all (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) asked = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) stats = finish (bus, result, &error);
  g_autoptr (GHashTable) peers = stats != NULL ? read_peers (stats) : NULL;
  gint64 took_ms = (g_get_monotonic_time () - asked_at) / 1000;

  if (error != NULL)
    note_error (error);
  g_timeout_add ((guint)took_ms * PAUSES, on_pause_over, bus);
  for (guint i = 0; i < asked->len; i++) {
    Question *question = g_ptr_array_index (asked, i);
    GVariant *numbers = peers != NULL ? g_hash_table_lookup (peers, question->name) : NULL;

    answer (question, numbers != NULL ? read_numbers (numbers) : (LinxAmount){ 0 });
  }
}

static void
ask_of_all (GDBusConnection *bus)
{
  is_asking = TRUE;
  asked_at = g_get_monotonic_time ();
  call (bus, "GetStats", NULL, on_all, g_steal_pointer (&waiting));
  waiting = g_ptr_array_new ();
}

static void
wait_for_all (Question *question)
{
  if (waiting == NULL)
    waiting = g_ptr_array_new ();
  g_ptr_array_add (waiting, question);
  if (!is_asking)
    ask_of_all (question->bus);
}

static void
on_one (GObject *bus, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) numbers = finish (bus, result, &error);

  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_FAILED)) { /* "unimplemented" */
    tells_of_all = TRUE;
    wait_for_all (question);
    return;
  }
  if (error != NULL)
    note_error (error);
  answer (question, numbers != NULL ? read_numbers (numbers) : (LinxAmount){ 0 });
}

void
linx_stats_ask (GDBusConnection *bus, const char *name, LinxStatsFunc func, gpointer data)
{
  Question *question = g_new0 (Question, 1);

  question->bus = bus;
  question->name = g_strdup (name);
  question->func = func;
  question->data = data;
  if (tells_of_all)
    wait_for_all (question);
  else
    call (bus, "GetConnectionStats", g_variant_new ("(s)", name), on_one, question);
}
