/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"
#include "bounds.h"

#include <string.h>

#define KEY "linx-gate"
/* For messages whose senders have their answers, and which are not freed yet. */
#define ROOM 4
/* What GDBus, or the gate, answers to a message, beside what it repeats of it, and to Introspect.
 */
#define ANSWER_BYTES (1 << 10)
#define INTROSPECTION_BYTES (16 << 10)
/* So many bytes of answers are worth telling of. */
#define TELL_BYTES (16 << 10)

typedef struct {
  char *name;
  guint messages;
  gsize answers;  /* in bytes, since the main loop was told of them */
  gboolean known; /* whose it is: until its name vanishes */
  uid_t uid;
} Connection;

static GMutex lock;
static GHashTable *connections; /* unique name -> Connection */
static GHashTable *users;       /* uid -> count of its messages */
static GHashTable *states;      /* uid -> LinxGateState; none: LINX_GATE_OPEN */
static void (*on_answers) (LinxAnswers *answers);

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
  if (connection->messages == 0 && connection->answers == 0 && !connection->known)
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

void
linx_answers_free (LinxAnswers *answers)
{
  g_free (answers->name);
  g_free (answers);
}

static gboolean
tell_answers (gpointer answers)
{
  on_answers (answers);
  return G_SOURCE_REMOVE;
}

/* Names and paths that are wrong are told in the error. */
static gsize
repeated (GDBusMessage *message)
{
  const char *path = g_dbus_message_get_path (message);
  GVariant *body = g_dbus_message_get_body (message);

  return (path != NULL ? strlen (path) : 0) + (body != NULL ? g_variant_get_size (body) : 0);
}

static void
count_answer (Connection *connection, GDBusMessage *message)
{
  gboolean introspects = g_strcmp0 (g_dbus_message_get_member (message), "Introspect") == 0;
  LinxAnswers *answers;

  connection->answers += (introspects ? INTROSPECTION_BYTES : ANSWER_BYTES) + repeated (message);
  if (connection->answers < TELL_BYTES)
    return;
  answers = g_new0 (LinxAnswers, 1);
  answers->name = g_strdup (connection->name);
  answers->bytes = connection->answers;
  connection->answers = 0;
  g_idle_add_full (G_PRIORITY_DEFAULT, tell_answers, answers, NULL);
}

static LinxGateState
state_of (const Connection *connection)
{
  return connection->known
             ? GPOINTER_TO_INT (g_hash_table_lookup (states, GUINT_TO_POINTER (connection->uid)))
             : LINX_GATE_OPEN;
}

/* What becomes of a message; @why: what to say where it is refused. */
static LinxGateState
enter (GDBusMessage *message, const char **why)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (g_dbus_message_get_sender (message));
  guint count = connection->known ? count_of (connection->uid) : connection->messages;
  LinxGateState state = state_of (connection);

  *why = "too much of what was sent before is not read";
  if (state == LINX_GATE_SILENT)
    return state;
  count_answer (connection, message);
  if (state == LINX_GATE_REFUSES)
    return state;
  *why = "too many calls of this user wait";
  if (count >= linx_bounds_calls_of_user () + ROOM)
    return LINX_GATE_REFUSES;
  connection->messages++;
  if (connection->known)
    set_count (connection->uid, count + 1);
  return LINX_GATE_OPEN;
}

static void
refuse (GDBusConnection *bus, GDBusMessage *message, const char *why)
{
  g_autoptr (GDBusMessage) refusal = NULL;

  if ((g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  refusal = g_dbus_message_new_method_error_literal (
      message, "org.freedesktop.DBus.Error.LimitsExceeded", why);
  g_dbus_connection_send_message (bus, refusal, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

/* Runs in GDBus's thread. */
static GDBusMessage *
let_by (GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  const char *sender = g_dbus_message_get_sender (message);
  const char *why;
  LinxGateState state;

  (void)user_data;
  if (!incoming || sender == NULL
      || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  state = enter (message, &why);
  if (state == LINX_GATE_OPEN) {
    g_object_set_data_full (G_OBJECT (message), KEY, g_strdup (sender), leave);
    return message;
  }
  if (state == LINX_GATE_REFUSES)
    refuse (bus, message, why);
  g_object_unref (message);
  return NULL;
}

void
linx_gate_filter (GDBusConnection *bus)
{
  connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, connection_free);
  users = g_hash_table_new (NULL, NULL);
  states = g_hash_table_new (NULL, NULL);
  g_dbus_connection_add_filter (bus, let_by, NULL, NULL);
}

void
linx_gate_on_answers (void (*func) (LinxAnswers *answers))
{
  on_answers = func;
}

void
linx_gate_set (uid_t uid, LinxGateState state)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  if (state == LINX_GATE_OPEN)
    g_hash_table_remove (states, GUINT_TO_POINTER (uid));
  else
    g_hash_table_insert (states, GUINT_TO_POINTER (uid), GINT_TO_POINTER (state));
}

void
linx_gate_know (const char *name, uid_t uid)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);

  if (connection->known && (connection->uid == uid || connection->uid != LINX_GATE_NOBODY))
    return;
  if (connection->known)
    set_count (connection->uid, count_of (connection->uid) - connection->messages);
  connection->known = TRUE;
  connection->uid = uid;
  set_count (uid, count_of (uid) + connection->messages);
}

gboolean
linx_gate_is_of_nobody (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  const Connection *connection = g_hash_table_lookup (connections, name);

  return connection != NULL && connection->known && connection->uid == LINX_GATE_NOBODY;
}

void
linx_gate_forget (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);

  if (connection->known)
    set_count (connection->uid, count_of (connection->uid) - connection->messages);
  connection->known = FALSE;
  connection->answers = 0;
  forget_unless_needed (connection);
}
