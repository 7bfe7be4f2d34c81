/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backlog.h"
#include "gate.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define STATS_INTERFACE "org.freedesktop.DBus.Debug.Stats"

/* The bus is asked when so much was sent to a connection since it was asked last, or any
 * descriptor, and every second until it keeps nothing more. */
#define ASK_BYTES (64 << 10)
#define ASK_MS 1000
/* What a message takes beside its arguments. */
#define HEADER_BYTES 256

typedef struct {
  guint64 number; /* there may have been another one of that name */
  char *name;
  uid_t uid;
  LinxAmount sent;  /* since there is this backlog */
  LinxAmount read;  /* of that: all but what the bus may still keep */
  LinxAmount asked; /* what was sent when the bus was asked last */
  guint asking;     /* how often it was asked without an answer yet */
  guint timer;      /* until it is asked again; 0: it is not going to be */
  gboolean at_once; /* the timer is due */
} Backlog;

/* Who waits for what the bus keeps for all connections of a user. */
typedef struct {
  LinxBacklogFunc func;
  gpointer data;
  guint pending; /* answers to come */
  LinxAmount kept;
} Poll;

typedef struct {
  guint64 number; /* of the backlog */
  char *name;
  LinxAmount sent; /* when it was asked */
  Poll *poll;      /* (nullable) */
} Question;

static GDBusConnection *bus; /* it outlives all that follows */
static GHashTable *backlogs; /* unique name -> Backlog */
static guint64 last_number;
static GHashTable *users; /* uid -> LinxAmount that its connections have not read */
static LinxAmount of_all;
static void (*on_change) (uid_t uid);
static void (*on_read) (void);

static LinxAmount
unread (const Backlog *backlog)
{
  return (LinxAmount){ backlog->sent.bytes - backlog->read.bytes,
                       backlog->sent.fds - backlog->read.fds };
}

/* Counts anew what was sent and read. */
static void
set (Backlog *backlog, LinxAmount sent, LinxAmount read)
{
  LinxAmount before = unread (backlog), user = linx_backlog_of_user (backlog->uid), now;

  backlog->sent = sent;
  backlog->read = read;
  now = unread (backlog);
  user = (LinxAmount){ user.bytes - before.bytes + now.bytes, user.fds - before.fds + now.fds };
  of_all
      = (LinxAmount){ of_all.bytes - before.bytes + now.bytes, of_all.fds - before.fds + now.fds };
  if (user.bytes > 0 || user.fds > 0)
    g_hash_table_insert (users, GUINT_TO_POINTER (backlog->uid), g_memdup2 (&user, sizeof user));
  else
    g_hash_table_remove (users, GUINT_TO_POINTER (backlog->uid));
  on_change (backlog->uid);
}

static void
backlog_free (gpointer data)
{
  Backlog *backlog = data;

  set (backlog, backlog->sent, backlog->sent);
  if (backlog->timer != 0)
    g_source_remove (backlog->timer);
  g_free (backlog->name);
  g_free (backlog);
}

static Backlog *
find (const char *name)
{
  return backlogs != NULL ? g_hash_table_lookup (backlogs, name) : NULL;
}

/* It is known whose it is. */
static void
give (Backlog *backlog, uid_t uid)
{
  LinxAmount read = backlog->read;

  set (backlog, backlog->sent, backlog->sent);
  backlog->uid = uid;
  set (backlog, backlog->sent, read);
}

static Backlog *
backlog_of (const char *name, uid_t uid)
{
  Backlog *backlog = find (name);

  if (backlog != NULL && backlog->uid != uid && backlog->uid == LINX_GATE_NOBODY)
    give (backlog, uid);
  if (backlog != NULL)
    return backlog;
  backlog = g_new0 (Backlog, 1);
  backlog->number = ++last_number;
  backlog->name = g_strdup (name);
  backlog->uid = uid;
  g_hash_table_insert (backlogs, backlog->name, backlog);
  return backlog;
}

static void ask (Backlog *backlog, Poll *poll);

static gboolean
on_time (gpointer data)
{
  Backlog *backlog = data;

  backlog->timer = 0;
  ask (backlog, NULL);
  return G_SOURCE_REMOVE;
}

static void
ask_in (Backlog *backlog, guint ms)
{
  if (backlog->timer != 0)
    g_source_remove (backlog->timer);
  backlog->timer = g_timeout_add (ms, on_time, backlog);
  backlog->at_once = ms == 0;
}

static gboolean
has_all (const Backlog *backlog)
{
  return backlog->sent.bytes == backlog->read.bytes && backlog->sent.fds == backlog->read.fds;
}

/* What was sent before it was asked, and is not kept any more, is read. What is kept may be of
 * others, too. */
static LinxAmount
take_answer (Backlog *backlog, const LinxAmount *sent, LinxAmount kept)
{
  LinxAmount read = backlog->read;

  kept.bytes = MIN (kept.bytes, sent->bytes - MIN (sent->bytes, read.bytes));
  kept.fds = MIN (kept.fds, sent->fds - MIN (sent->fds, read.fds));
  read.bytes = MAX (read.bytes, sent->bytes - kept.bytes);
  read.fds = MAX (read.fds, sent->fds - kept.fds);
  set (backlog, backlog->sent, read);
  if (backlog->asking > 0)
    return kept;
  if (has_all (backlog))
    g_hash_table_remove (backlogs, backlog->name);
  else if (backlog->timer == 0)
    ask_in (backlog, ASK_MS);
  return kept;
}

static void
leave_poll (Poll *poll)
{
  if (--poll->pending > 0)
    return;
  poll->func (poll->kept, poll->data);
  g_free (poll);
}

/* There is none: the connection is gone, or the bus does not tell. */
static void
note_error (const GError *error)
{
  static gboolean told;

  if (told || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return;
  told = TRUE;
  g_message ("Whether callers read what they are sent is not known: %s", error->message);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) numbers = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  Backlog *backlog = find (question->name);
  gboolean same = backlog != NULL && backlog->number == question->number;
  guint32 bytes = 0, fds = 0;
  LinxAmount kept = { 0 };

  if (error != NULL)
    note_error (error);
  if (numbers != NULL) {
    g_variant_lookup (numbers, "OutgoingBytes", "u", &bytes);
    g_variant_lookup (numbers, "OutgoingFDs", "u", &fds);
  }
  if (same) {
    backlog->asking--;
    kept = take_answer (backlog, &question->sent, (LinxAmount){ bytes, fds });
  }
  if (question->poll != NULL) {
    question->poll->kept.bytes += kept.bytes;
    question->poll->kept.fds += kept.fds;
    leave_poll (question->poll);
  }
  if (on_read != NULL)
    on_read ();
  g_free (question->name);
  g_free (question);
}

/* By the connection that the messages went by: the bus has all of them when it is asked. */
static void
ask (Backlog *backlog, Poll *poll)
{
  Question *question = g_new0 (Question, 1);

  question->number = backlog->number;
  question->name = g_strdup (backlog->name);
  question->sent = backlog->asked = backlog->sent;
  question->poll = poll;
  backlog->asking++;
  if (poll != NULL)
    poll->pending++;
  g_dbus_connection_call (bus, BUS_NAME, BUS_PATH, STATS_INTERFACE, "GetConnectionStats",
                          g_variant_new ("(s)", backlog->name), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_answer, question);
}

static void
add (Backlog *backlog, gsize bytes, guint fds)
{
  LinxAmount sent = { backlog->sent.bytes + HEADER_BYTES + bytes, backlog->sent.fds + fds };

  set (backlog, sent, backlog->read);
  if (backlog->timer != 0 && backlog->at_once)
    return;
  if (fds > 0 || sent.bytes - backlog->asked.bytes >= ASK_BYTES)
    ask_in (backlog, 0); /* after it was sent */
  else if (backlog->asking == 0 && backlog->timer == 0)
    ask_in (backlog, ASK_MS);
}

void
linx_backlog_add (const LinxCaller *caller, gsize bytes, guint fds)
{
  if (backlogs != NULL && !g_cancellable_is_cancelled (caller->gone))
    add (backlog_of (caller->name, caller->uid), bytes, fds);
}

LinxAmount
linx_backlog_of (const LinxCaller *caller)
{
  const Backlog *backlog = find (caller->name);

  return backlog != NULL ? unread (backlog) : (LinxAmount){ 0 };
}

LinxAmount
linx_backlog_of_user (uid_t uid)
{
  const LinxAmount *amount = g_hash_table_lookup (users, GUINT_TO_POINTER (uid));

  return amount != NULL ? *amount : (LinxAmount){ 0 };
}

LinxAmount
linx_backlog_of_all (void)
{
  return of_all;
}

void
linx_backlog_ask (uid_t uid, LinxBacklogFunc func, gpointer data)
{
  Poll *poll = g_new0 (Poll, 1);
  GHashTableIter iter;
  gpointer backlog;

  poll->func = func;
  poll->data = data;
  poll->pending = 1;
  g_hash_table_iter_init (&iter, backlogs);
  while (g_hash_table_iter_next (&iter, NULL, &backlog))
    if (((Backlog *)backlog)->uid == uid)
      ask (backlog, poll);
  leave_poll (poll);
}

void
linx_backlog_on_read (void (*func) (void))
{
  on_read = func;
}

void
linx_backlog_forget (const char *name)
{
  if (backlogs != NULL)
    g_hash_table_remove (backlogs, name);
}

void
linx_backlog_clear (void)
{
  g_clear_pointer (&backlogs, g_hash_table_unref);
  g_clear_pointer (&users, g_hash_table_unref);
}

static void
on_caller (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LinxAnswers) answers = data;
  g_autoptr (LinxCaller) caller = linx_caller_get_finish (result, NULL);

  (void)source;
  if (caller != NULL)
    linx_backlog_add (caller, answers->bytes, 0);
  else if (backlogs != NULL && linx_gate_is_of_nobody (answers->name))
    add (backlog_of (answers->name, LINX_GATE_NOBODY), answers->bytes, 0);
}

static void
on_answers (LinxAnswers *answers)
{
  linx_caller_identify (bus, answers->name, on_caller, answers);
}

void
linx_backlog_init (GDBusConnection *connection, void (*changed) (uid_t uid))
{
  bus = connection;
  on_change = changed;
  backlogs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, backlog_free);
  users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  linx_gate_on_answers (on_answers);
}
