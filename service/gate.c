/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"
#include "bounds.h"

#define KEY "linx-gate"
/* For messages whose senders have their answers, and which are not freed yet. */
#define ROOM 4

typedef struct {
  char *name;
  guint messages;
  gboolean known; /* whose it is */
  gboolean kept;  /* its name has not vanished */
  uid_t uid;
} Connection;

static GMutex lock;
static GHashTable *connections; /* unique name -> Connection */
static GHashTable *users;       /* uid -> count of its messages */

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_free (connection->name);
  g_free (connection);
}

static Connection *
find (const char *name)
{
  Connection *connection = g_hash_table_lookup (connections, name);

  if (connection != NULL)
    return connection;
  connection = g_new0 (Connection, 1);
  connection->name = g_strdup (name);
  g_hash_table_insert (connections, connection->name, connection);
  return connection;
}

static guint
count_of (uid_t uid)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (users, GUINT_TO_POINTER (uid)));
}

static void
set_count (uid_t uid, guint count)
{
  if (count > 0)
    g_hash_table_insert (users, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count));
  else
    g_hash_table_remove (users, GUINT_TO_POINTER (uid));
}

static void
forget_unless_needed (Connection *connection)
{
  if (connection->messages == 0 && !connection->kept)
    g_hash_table_remove (connections, connection->name);
}

/* A message is freed. */
static void
leave (gpointer data)
{
  g_autofree char *name = data;
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);

  connection->messages--;
  if (connection->known)
    set_count (connection->uid, count_of (connection->uid) - 1);
  forget_unless_needed (connection);
}

static gboolean
enter (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);
  guint count = connection->known ? count_of (connection->uid) : connection->messages;

  if (count >= linx_bounds_calls_of_user () + ROOM)
    return FALSE;
  connection->messages++;
  if (connection->known)
    set_count (connection->uid, count + 1);
  return TRUE;
}

static void
refuse (GDBusConnection *bus, GDBusMessage *message)
{
  g_autoptr (GDBusMessage) refusal = NULL;

  if ((g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  refusal = g_dbus_message_new_method_error_literal (
      message, "org.freedesktop.DBus.Error.LimitsExceeded", "too many calls of this user wait");
  g_dbus_connection_send_message (bus, refusal, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

/* Runs in GDBus's thread. */
static GDBusMessage *
let_by (GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  const char *sender = g_dbus_message_get_sender (message);

  (void)user_data;
  if (!incoming || sender == NULL
      || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  if (enter (sender)) {
    g_object_set_data_full (G_OBJECT (message), KEY, g_strdup (sender), leave);
    return message;
  }
  refuse (bus, message);
  g_object_unref (message);
  return NULL;
}

void
linx_gate_filter (GDBusConnection *bus)
{
  connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, connection_free);
  users = g_hash_table_new (NULL, NULL);
  g_dbus_connection_add_filter (bus, let_by, NULL, NULL);
}

void
linx_gate_know (const LinxCaller *caller)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (caller->name);

  connection->known = TRUE;
  connection->kept = TRUE;
  connection->uid = caller->uid;
  set_count (caller->uid, count_of (caller->uid) + connection->messages);
}

void
linx_gate_forget (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);

  connection->kept = FALSE;
  forget_unless_needed (connection);
}
