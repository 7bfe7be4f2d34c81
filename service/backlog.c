/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backlog.h"
#include "gate.h"

/* From when on a caller is asked. */
#define ASK_BYTES (64 << 10)
/* dbus-daemon has a service wait for 128 replies at most (max_replies_per_connection): one user's
 * who never reply are not to take them all. */
#define MOST_ASKED_OF_USER 16
#define MOST_BYTES_OF_SIGNALS (1 << 20)
#define MOST_BYTES_OF_USER (16 << 20)
#define MOST_BYTES (64 << 20)
/* Of refusals beyond that: then there are no more answers. */
#define BYTES_OF_REFUSALS (4 << 20)

typedef struct {
  char *name;
  uid_t uid;
  gsize bytes;
  gsize asked; /* so many of them were sent before it was asked; 0: it is not asked */
} Backlog;

static GDBusConnection *bus; /* of the service: it outlives all that follows */
static GHashTable *backlogs; /* unique name -> Backlog */
static GHashTable *users;    /* uid -> bytes of its connections */
static gsize of_all;         /* bytes of all */
static void (*on_read) (void);

static void ask (Backlog *backlog);

static gsize
of_user (uid_t uid)
{
  return users != NULL ? GPOINTER_TO_SIZE (g_hash_table_lookup (users, GUINT_TO_POINTER (uid))) : 0;
}

/* Whether others are not to suffer from how much all together have to read. */
static gboolean
has_little (uid_t uid)
{
  return of_user (uid) < MOST_BYTES_OF_SIGNALS;
}

static gboolean
is_silenced (uid_t uid)
{
  return of_user (uid) >= MOST_BYTES_OF_USER + BYTES_OF_REFUSALS
         || (of_all >= MOST_BYTES + BYTES_OF_REFUSALS && !has_little (uid));
}

static void
set_bytes (Backlog *backlog, gsize bytes)
{
  gsize user = of_user (backlog->uid) - backlog->bytes + bytes;

  of_all = of_all - backlog->bytes + bytes;
  backlog->bytes = bytes;
  if (user > 0)
    g_hash_table_insert (users, GUINT_TO_POINTER (backlog->uid), GSIZE_TO_POINTER (user));
  else
    g_hash_table_remove (users, GUINT_TO_POINTER (backlog->uid));
  linx_gate_silence (backlog->uid, is_silenced (backlog->uid));
}

static void
backlog_free (gpointer data)
{
  Backlog *backlog = data;

  set_bytes (backlog, 0);
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
ask_next (uid_t uid)
{
  guint asked;
  Backlog *next = find_next (uid, &asked);

  if (next != NULL && asked < MOST_ASKED_OF_USER)
    ask (next);
}

static gboolean
ask_again (gpointer name)
{
  const Backlog *backlog = backlogs != NULL ? g_hash_table_lookup (backlogs, name) : NULL;

  if (backlog != NULL)
    ask_next (backlog->uid);
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
  set_bytes (backlog, backlog->bytes - backlog->asked);
  backlog->asked = 0;
  if (backlog->bytes == 0)
    g_hash_table_remove (backlogs, name);
  ask_next (uid);
  if (on_read != NULL)
    on_read ();
}

static void
ask (Backlog *backlog)
{
  backlog->asked = backlog->bytes;
  g_dbus_connection_call (bus, backlog->name, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, on_answer,
                          g_strdup (backlog->name));
}

static Backlog *
backlog_of (const LinxCaller *caller)
{
  Backlog *backlog;

  if (backlogs == NULL) {
    backlogs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, backlog_free);
    users = g_hash_table_new (NULL, NULL);
  }
  backlog = g_hash_table_lookup (backlogs, caller->name);
  if (backlog != NULL)
    return backlog;
  backlog = g_new0 (Backlog, 1);
  backlog->name = g_strdup (caller->name);
  backlog->uid = caller->uid;
  g_hash_table_insert (backlogs, backlog->name, backlog);
  return backlog;
}

void
linx_backlog_add (LinxCaller *caller, gsize bytes)
{
  Backlog *backlog;

  if (g_cancellable_is_cancelled (caller->gone))
    return;
  backlog = backlog_of (caller);
  set_bytes (backlog, backlog->bytes + bytes);
  if (backlog->asked == 0 && backlog->bytes >= ASK_BYTES)
    ask_next (caller->uid);
}

/* Of one that only GDBus has answered so far. */
static void
on_caller (GObject *source, GAsyncResult *result, gpointer bytes)
{
  g_autoptr (LinxCaller) caller = linx_caller_get_finish (result, NULL);

  (void)source;
  if (caller != NULL)
    linx_backlog_add (caller, GPOINTER_TO_SIZE (bytes));
}

static void
on_answers (const char *name, gsize bytes)
{
  linx_caller_get (bus, name, on_caller, GSIZE_TO_POINTER (bytes));
}

void
linx_backlog_init (GDBusConnection *connection)
{
  bus = connection;
  linx_gate_on_answers (on_answers);
}

gboolean
linx_backlog_delays_signals (const LinxCaller *caller)
{
  const Backlog *backlog = backlogs != NULL ? g_hash_table_lookup (backlogs, caller->name) : NULL;

  return (backlog != NULL && backlog->bytes >= MOST_BYTES_OF_SIGNALS)
         || !linx_backlog_check (caller, 0, NULL);
}

gboolean
linx_backlog_check (const LinxCaller *caller, gsize bytes, GError **error)
{
  gsize user = of_user (caller->uid);
  gboolean may_wait = bytes <= LINX_LARGE_REPLY && has_little (caller->uid);

  if (user < MOST_BYTES_OF_USER && (of_all < MOST_BYTES || may_wait))
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "%s not read %" G_GSIZE_FORMAT " MiB that were sent before",
               user < MOST_BYTES_OF_USER ? "callers have" : "this user has",
               (user < MOST_BYTES_OF_USER ? of_all : user) >> 20);
  return FALSE;
}

void
linx_backlog_on_read (void (*func) (void))
{
  on_read = func;
}

void
linx_backlog_forget (const char *name)
{
  const Backlog *backlog = backlogs != NULL ? g_hash_table_lookup (backlogs, name) : NULL;
  uid_t uid;

  if (backlog == NULL)
    return;
  uid = backlog->uid;
  g_hash_table_remove (backlogs, name);
  ask_next (uid);
}

void
linx_backlog_clear (void)
{
  g_clear_pointer (&backlogs, g_hash_table_unref);
  g_clear_pointer (&users, g_hash_table_unref);
}
