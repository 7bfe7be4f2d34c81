/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/message-filter.h"
#include "bus/interface.h"
#include "bus/limits.h"
#include "quota/quota.h"

#include <string.h>

#define LIMITS_EXCEEDED "org.freedesktop.DBus.Error.LimitsExceeded"
#define KEY "linx-message-filter"
/* For messages whose senders have their answers, and which are not freed yet. */
#define ROOM 4
/* What GDBus, or the message filter, answers to a message, beside what it repeats of it, and to
 * Introspect.
 */
#define ANSWER_BYTES (1 << 10)
#define INTROSPECTION_BYTES (16 << 10)
/* So many bytes of answers are worth telling of. */
#define TELL_BYTES (16 << 10)

/* Of all messages that wait, by their bodies; of one user; of a connection that nobody knows yet.
 * In GDBus's hands they take up to fifty times as much. */
#define WAITING_BYTES (16U << 20)
#define WAITING_BYTES_OF_USER (1U << 20)
#define WAITING_BYTES_OF_UNKNOWN LINX_MAX_ARGUMENT_BYTES
/* Accounts of connections whose user is not known yet, by their names. */
#define UNKNOWN ((LinxAccount)1 << 63)

typedef struct {
  char *name;
  guint messages;
  gsize bytes;    /* of them */
  gsize answers;  /* in bytes, since the main loop was told of them */
  gboolean known; /* whose it is: until its name vanishes */
  LinxAccount account;
} Connection;

/* One that waits. */
typedef struct {
  char *sender;
  gsize bytes;
} Message;

static GDBusConnection *bus; /* it outlives all that follows */
static GMutex lock;
static GHashTable *connections; /* unique name -> Connection */
static GHashTable *states;      /* account -> LinxFilterState; none: LINX_FILTER_PASSES */
static LinxQuota messages;      /* how many there are */
static LinxQuota waiting;       /* their bytes */
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
  connection->account = UNKNOWN | g_str_hash (name);
  g_hash_table_insert (connections, connection->name, connection);
  return connection;
}

static void
forget_unless_needed (Connection *connection)
{
  if (connection->messages == 0 && connection->answers == 0 && !connection->known)
    g_hash_table_remove (connections, connection->name);
}

static Message *
message_new (const char *sender, gsize bytes)
{
  Message *message = g_new (Message, 1);

  message->sender = g_strdup (sender);
  message->bytes = bytes;
  return message;
}

static void
message_free (Message *message)
{
  g_free (message->sender);
  g_free (message);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Message, message_free)

/* A message is freed. */
static void
leave (gpointer data)
{
  g_autoptr (Message) message = data;
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (message->sender);

  connection->messages--;
  connection->bytes -= message->bytes;
  linx_quota_remove (&messages, connection->account, 1);
  linx_quota_remove (&waiting, connection->account, message->bytes);
  forget_unless_needed (connection);
}

/* With all that it has. */
static void
move (Connection *connection, gboolean known, LinxAccount account)
{
  linx_quota_remove (&messages, connection->account, connection->messages);
  linx_quota_remove (&waiting, connection->account, connection->bytes);
  connection->known = known;
  connection->account = account;
  linx_quota_add (&messages, connection->account, connection->messages);
  linx_quota_add (&waiting, connection->account, connection->bytes);
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

/* What GDBus answers to a message that is let by: names and paths that are wrong it tells in the
 * error. What a call of the service's own interface says it tells nobody. */
static gsize
answer_to (GDBusMessage *message)
{
  const char *path = g_dbus_message_get_path (message);
  GVariant *body = g_dbus_message_get_body (message);
  gsize bytes = ANSWER_BYTES + (path != NULL ? strlen (path) : 0);

  if (g_strcmp0 (g_dbus_message_get_interface (message), linx_mount_manager_interface.name) == 0)
    return bytes;
  if (g_strcmp0 (g_dbus_message_get_member (message), "Introspect") == 0)
    return bytes + INTROSPECTION_BYTES;
  return bytes + (body != NULL ? g_variant_get_size (body) : 0);
}

/* The main loop asks whose it is, too. */
static void
tell (Connection *connection)
{
  LinxAnswers *answers = g_new0 (LinxAnswers, 1);

  answers->name = g_strdup (connection->name);
  answers->bytes = connection->answers;
  connection->answers = 0;
  g_idle_add_full (G_PRIORITY_DEFAULT, tell_answers, answers, NULL);
}

static void
count_answer (Connection *connection, gsize bytes)
{
  connection->answers += bytes;
  if (connection->answers >= TELL_BYTES)
    tell (connection);
}

static LinxFilterState
state_of (const Connection *connection)
{
  return connection->known ? GPOINTER_TO_INT (g_hash_table_lookup (states, &connection->account))
                           : LINX_FILTER_PASSES;
}

/* What is wrong with @bytes more of @connection that wait; NULL: nothing. */
static const char *
what_is_too_much (const Connection *connection, gsize bytes)
{
  gsize own = linx_quota_of (&waiting, connection->account);
  guint most = connection->known && connection->account != LINX_ACCOUNT_ROOT
                   ? linx_limits_calls_of_user ()
                   : linx_limits_calls_of_root ();

  if (linx_quota_of (&messages, connection->account) >= most + ROOM)
    return "too many calls of this user wait";
  if (!connection->known && own > 0 && own + bytes > WAITING_BYTES_OF_UNKNOWN)
    return "too many bytes of calls of this connection wait";
  if (linx_quota_ask (&waiting, connection->account, bytes) != LINX_QUOTA_OPEN)
    return "too many bytes of calls of this user wait";
  return NULL;
}

/* What becomes of a message; @why: what to say where it is refused. */
static LinxFilterState
enter (GDBusMessage *message, gsize bytes, const char **why)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (g_dbus_message_get_sender (message));
  LinxFilterState state = state_of (connection);

  if (state == LINX_FILTER_DROPS)
    return state;
  *why = state == LINX_FILTER_PASSES ? what_is_too_much (connection, bytes)
                                     : "too much of what was sent before is not read";
  count_answer (connection, *why != NULL ? ANSWER_BYTES : answer_to (message));
  if (*why != NULL)
    return LINX_FILTER_REFUSES;
  connection->messages++;
  connection->bytes += bytes;
  linx_quota_add (&messages, connection->account, 1);
  linx_quota_add (&waiting, connection->account, bytes);
  return LINX_FILTER_PASSES;
}

static void
refuse (const char *sender, guint32 serial, const char *why)
{
  g_autoptr (GDBusMessage) refusal = g_dbus_message_new ();

  g_dbus_message_set_message_type (refusal, G_DBUS_MESSAGE_TYPE_ERROR);
  g_dbus_message_set_flags (refusal, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_error_name (refusal, LIMITS_EXCEEDED);
  g_dbus_message_set_destination (refusal, sender);
  g_dbus_message_set_reply_serial (refusal, serial);
  g_dbus_message_set_body (refusal, g_variant_new ("(s)", why));
  g_dbus_connection_send_message (bus, refusal, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

static gboolean
expects_answer (GDBusMessage *message)
{
  return (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) == 0;
}

static gboolean
may_answer (const char *sender)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = bus != NULL ? find (sender) : NULL;

  if (connection == NULL || state_of (connection) == LINX_FILTER_DROPS)
    return FALSE;
  count_answer (connection, ANSWER_BYTES);
  if (!connection->known && connection->answers > 0)
    tell (connection);
  return TRUE;
}

/* Runs in GDBus's thread. */
static GDBusMessage *
let_by (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  const char *sender = g_dbus_message_get_sender (message);
  const char *why = NULL;
  GVariant *body = g_dbus_message_get_body (message);
  gsize bytes = body != NULL ? g_variant_get_size (body) : 0;
  LinxFilterState state;

  (void)connection;
  (void)user_data;
  if (!incoming || sender == NULL
      || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  state = enter (message, bytes, &why);
  if (state == LINX_FILTER_PASSES) {
    g_object_set_data_full (G_OBJECT (message), KEY, message_new (sender, bytes), leave);
    return message;
  }
  if (state == LINX_FILTER_REFUSES && expects_answer (message))
    refuse (sender, g_dbus_message_get_serial (message), why);
  g_object_unref (message);
  return NULL;
}

void
linx_message_filter_refuse (const char *sender, guint32 serial, const char *why)
{
  if (may_answer (sender))
    refuse (sender, serial, why);
}

LinxAccount
linx_message_filter_account_of (const char *name, gboolean *is_known)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  const Connection *connection
      = connections != NULL ? g_hash_table_lookup (connections, name) : NULL;

  *is_known = connection != NULL && connection->known;
  return connection != NULL ? connection->account : UNKNOWN | g_str_hash (name);
}

LinxAccount
linx_message_filter_known_account_of (const char *name)
{
  gboolean is_known;
  LinxAccount account = linx_message_filter_account_of (name, &is_known);

  if (name[0] != ':')
    return LINX_ACCOUNT_ROOT;
  return is_known ? account : LINX_ACCOUNT_NOBODY;
}

void
linx_message_filter_add (GDBusConnection *connection)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  bus = connection;
  connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, connection_free);
  states = linx_account_table_new (NULL);
  linx_quota_init (&waiting, WAITING_BYTES, WAITING_BYTES_OF_USER);
  g_dbus_connection_add_filter (bus, let_by, NULL, NULL);
}

void
linx_message_filter_on_answers (void (*func) (LinxAnswers *answers))
{
  on_answers = func;
}

void
linx_message_filter_set (LinxAccount account, LinxFilterState state)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  if (state == LINX_FILTER_PASSES)
    g_hash_table_remove (states, &account);
  else
    linx_account_table_set (states, account, GINT_TO_POINTER (state));
}

void
linx_message_filter_know (const char *name, LinxAccount account)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);

  if (!connection->known || connection->account == LINX_ACCOUNT_NOBODY)
    move (connection, TRUE, account);
}

gboolean
linx_message_filter_is_of_nobody (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  const Connection *connection = g_hash_table_lookup (connections, name);

  return connection != NULL && connection->known && connection->account == LINX_ACCOUNT_NOBODY;
}

void
linx_message_filter_forget (const char *name)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Connection *connection = find (name);

  move (connection, FALSE, UNKNOWN | g_str_hash (name));
  connection->answers = 0;
  forget_unless_needed (connection);
}
