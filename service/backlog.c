/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backlog.h"

/* From when on a caller is asked. */
#define ASK_BYTES (64 << 10)
/* dbus-daemon has a service wait for 128 replies at most (max_replies_per_connection): one user's
 * who never reply are not to take them all. */
#define MOST_ASKED_OF_USER 16
#define MOST_BYTES_OF_SIGNALS (1 << 20)
#define MOST_BYTES_OF_USER (16 << 20)
#define MOST_BYTES (64 << 20)

typedef struct {
  GDBusConnection *bus; /* which outlives it */
  char *name;
  uid_t uid;
  gsize bytes;
  gsize asked; /* so many of them were sent before it was asked; 0: it is not asked */
} Backlog;

static GHashTable *backlogs; /* unique name -> Backlog */
static void (*on_read) (const char *name);

static void ask (GDBusConnection *bus, Backlog *backlog);

static void
backlog_free (gpointer data)
{
  Backlog *backlog = data;

  g_free (backlog->name);
  g_free (backlog);
}

/* One that waits to be asked, and how many of that user are asked now. */
static Backlog *
find_next (uid_t uid, guint *asked)
{
  Backlog *next = NULL;
  GHashTableIter iter;
  gpointer data;

  *asked = 0;
  g_hash_table_iter_init (&iter, backlogs);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    Backlog *backlog = data;

    if (backlog->uid != uid)
      continue;
    *asked += backlog->asked > 0 ? 1 : 0;
    if (backlog->asked == 0 && backlog->bytes >= ASK_BYTES)
      next = backlog;
  }
  return next;
}

static void
ask_next (GDBusConnection *bus, uid_t uid)
{
  guint asked;
  Backlog *next = find_next (uid, &asked);

  if (next != NULL && asked < MOST_ASKED_OF_USER)
    ask (bus, next);
}

static gboolean
ask_again (gpointer name)
{
  const Backlog *backlog = backlogs != NULL ? g_hash_table_lookup (backlogs, name) : NULL;

  if (backlog != NULL)
    ask_next (backlog->bus, backlog->uid);
  return G_SOURCE_REMOVE;
}

/* An error is an answer too, of one that knows no Ping; or there is nobody any more. Not that of
 * the bus, that it has asked nobody. */
static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree char *name = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply G_GNUC_UNUSED
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Backlog *backlog = backlogs != NULL ? g_hash_table_lookup (backlogs, name) : NULL;
  uid_t uid;

  if (backlog == NULL)
    return;
  uid = backlog->uid;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED)) {
    backlog->asked = 0;
    g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, 1, ask_again, g_steal_pointer (&name), g_free);
    return;
  }
  backlog->bytes -= backlog->asked;
  backlog->asked = 0;
  if (backlog->bytes < ASK_BYTES)
    g_hash_table_remove (backlogs, name);
  ask_next (G_DBUS_CONNECTION (source), uid);
  if (on_read != NULL)
    on_read (name);
}

static void
ask (GDBusConnection *bus, Backlog *backlog)
{
  backlog->asked = backlog->bytes;
  g_dbus_connection_call (bus, backlog->name, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, on_answer,
                          g_strdup (backlog->name));
}

static Backlog *
backlog_of (GDBusConnection *bus, const LinxCaller *caller)
{
  Backlog *backlog;

  if (backlogs == NULL)
    backlogs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, backlog_free);
  backlog = g_hash_table_lookup (backlogs, caller->name);
  if (backlog != NULL)
    return backlog;
  backlog = g_new0 (Backlog, 1);
  backlog->bus = bus;
  backlog->name = g_strdup (caller->name);
  backlog->uid = caller->uid;
  g_hash_table_insert (backlogs, backlog->name, backlog);
  return backlog;
}

void
linx_backlog_add (GDBusConnection *bus, LinxCaller *caller, gsize bytes)
{
  if (g_cancellable_is_cancelled (caller->gone))
    return;
  backlog_of (bus, caller)->bytes += bytes;
  ask_next (bus, caller->uid);
}

gboolean
linx_backlog_delays_signals (const LinxCaller *caller)
{
  const Backlog *backlog = backlogs != NULL ? g_hash_table_lookup (backlogs, caller->name) : NULL;

  return backlog != NULL && backlog->bytes >= MOST_BYTES_OF_SIGNALS;
}

gboolean
linx_backlog_check_reply (const LinxCaller *caller, GError **error)
{
  gsize of_user = 0, of_all = 0;
  GHashTableIter iter;
  gpointer data;

  if (backlogs == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, backlogs);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    const Backlog *backlog = data;

    of_all += backlog->bytes;
    of_user += backlog->uid == caller->uid ? backlog->bytes : 0;
  }
  if (of_user < MOST_BYTES_OF_USER && of_all < MOST_BYTES)
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "%s not read %" G_GSIZE_FORMAT " MiB that were sent before",
               of_user < MOST_BYTES_OF_USER ? "callers have" : "this user has",
               (of_user < MOST_BYTES_OF_USER ? of_all : of_user) >> 20);
  return FALSE;
}

void
linx_backlog_on_read (void (*func) (const char *name))
{
  on_read = func;
}

void
linx_backlog_clear (void)
{
  g_clear_pointer (&backlogs, g_hash_table_unref);
}
