/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/unread.h"
#include "bus/callers.h"
#include "bus/message-filter.h"
#include "quota/quota.h"

/* The bus is asked when so much was sent to a connection since it was asked last, or any
 * descriptor, and every second until it keeps nothing more. */
#define ASK_BYTES (64 << 10)
#define ASK_MS 1000
/* What a message takes beside its arguments. */
#define HEADER_BYTES 256

typedef struct {
  guint64 number; /* there may have been another one of that name */
  char *name;
  LinxAccount account;
  LinxAmount sent;  /* since there is this connection */
  LinxAmount read;  /* of that: all but what the bus may still keep */
  gsize unsent;     /* of that: bytes that the bus cannot have yet */
  LinxAmount asked; /* what was sent when the bus was asked last */
  guint asking;     /* how often it was asked without an answer yet */
  guint timer;      /* until it is asked again; 0: it is not going to be */
  gboolean at_once; /* the timer is due */
} Unread;

/* Who waits for what the bus keeps for all connections of a user. */
typedef struct {
  LinxStatsFunc func;
  gpointer data;
  guint pending; /* answers to come */
  LinxAmount kept;
} Poll;

typedef struct {
  guint64 number; /* of the connection */
  char *name;
  LinxAmount sent; /* when it was asked */
  Poll *poll;      /* (nullable) */
} Question;

static GDBusConnection *bus;    /* it outlives all that follows */
static GHashTable *connections; /* unique name -> Unread */
static guint64 last_number;
static LinxQuota bytes_unread;
static LinxQuota fds_unread;
static LinxQuota read_since; /* there was anything unread */
static void (*on_change) (LinxAccount account);
static void (*on_read) (void);

static LinxAmount
amount_of (const Unread *connection)
{
  return (LinxAmount){ connection->sent.bytes - connection->read.bytes,
                       connection->sent.fds - connection->read.fds };
}

/* Counts anew what was sent and read. */
static void
set (Unread *connection, LinxAmount sent, LinxAmount read)
{
  LinxAmount before = amount_of (connection), now;
  gsize progress = read.bytes - MIN (read.bytes, connection->read.bytes) + read.fds
                   - MIN (read.fds, connection->read.fds);

  connection->sent = sent;
  connection->read = read;
  now = amount_of (connection);
  linx_quota_add (&bytes_unread, connection->account, now.bytes);
  linx_quota_remove (&bytes_unread, connection->account, before.bytes);
  linx_quota_add (&fds_unread, connection->account, now.fds);
  linx_quota_remove (&fds_unread, connection->account, before.fds);
  linx_quota_add (&read_since, connection->account, progress);
  if (linx_quota_of (&bytes_unread, connection->account) == 0)
    linx_quota_remove (&read_since, connection->account,
                       linx_quota_of (&read_since, connection->account));
  on_change (connection->account);
}

static void
unread_free (gpointer data)
{
  Unread *connection = data;

  set (connection, connection->sent, connection->sent);
  if (connection->timer != 0)
    g_source_remove (connection->timer);
  g_free (connection->name);
  g_free (connection);
}

static Unread *
find (const char *name)
{
  return connections != NULL ? g_hash_table_lookup (connections, name) : NULL;
}

/* It is known whose it is. */
static void
give (Unread *connection, LinxAccount account)
{
  LinxAmount read = connection->read;

  set (connection, connection->sent, connection->sent);
  connection->account = account;
  set (connection, connection->sent, read);
}

static Unread *
find_or_add (const char *name, LinxAccount account)
{
  Unread *connection = find (name);

  if (connection != NULL && connection->account != account
      && connection->account == LINX_ACCOUNT_NOBODY)
    give (connection, account);
  if (connection != NULL)
    return connection;
  connection = g_new0 (Unread, 1);
  connection->number = ++last_number;
  connection->name = g_strdup (name);
  connection->account = account;
  g_hash_table_insert (connections, connection->name, connection);
  return connection;
}

static void ask (Unread *connection, Poll *poll);

static gboolean
on_time (gpointer data)
{
  Unread *connection = data;

  connection->timer = 0;
  ask (connection, NULL);
  return G_SOURCE_REMOVE;
}

static void
ask_in (Unread *connection, guint ms)
{
  if (connection->timer != 0)
    g_source_remove (connection->timer);
  connection->timer = g_timeout_add (ms, on_time, connection);
  connection->at_once = ms == 0;
}

static gboolean
has_all (const Unread *connection)
{
  return connection->sent.bytes == connection->read.bytes
         && connection->sent.fds == connection->read.fds;
}

/* What was sent before it was asked, and is not kept any more, is read. What is kept may be of
 * others, too. */
static LinxAmount
take_answer (Unread *connection, const LinxAmount *sent, LinxAmount kept)
{
  LinxAmount read = connection->read;

  kept.bytes = MIN (kept.bytes, sent->bytes - MIN (sent->bytes, read.bytes));
  kept.fds = MIN (kept.fds, sent->fds - MIN (sent->fds, read.fds));
  read.bytes = MAX (read.bytes, sent->bytes - kept.bytes);
  read.fds = MAX (read.fds, sent->fds - kept.fds);
  set (connection, connection->sent, read);
  if (connection->asking > 0)
    return kept;
  if (has_all (connection))
    g_hash_table_remove (connections, connection->name);
  else if (connection->timer == 0)
    ask_in (connection, ASK_MS);
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

static void
on_answer (LinxAmount told, gpointer data)
{
  Question *question = data;
  Unread *connection = find (question->name);
  LinxAmount kept = { 0 };

  if (connection != NULL && connection->number == question->number) {
    connection->asking--;
    kept = take_answer (connection, &question->sent, told);
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
ask (Unread *connection, Poll *poll)
{
  Question *question = g_new0 (Question, 1);

  question->number = connection->number;
  question->name = g_strdup (connection->name);
  question->sent = connection->asked = connection->sent;
  question->sent.bytes -= connection->unsent;
  question->poll = poll;
  connection->asking++;
  if (poll != NULL)
    poll->pending++;
  linx_stats_ask (bus, connection->name, on_answer, question);
}

static void
add (Unread *connection, gsize bytes, guint fds)
{
  LinxAmount sent = { connection->sent.bytes + HEADER_BYTES + bytes, connection->sent.fds + fds };

  set (connection, sent, connection->read);
  if (connection->timer != 0 && connection->at_once)
    return;
  if (fds > 0 || sent.bytes - connection->asked.bytes >= ASK_BYTES)
    ask_in (connection, 0); /* after it was sent */
  else if (connection->asking == 0 && connection->timer == 0)
    ask_in (connection, ASK_MS);
}

void
linx_unread_add (const LinxCaller *caller, gsize bytes, guint fds)
{
  if (connections != NULL && !g_cancellable_is_cancelled (caller->gone))
    add (find_or_add (caller->name, caller->account), bytes, fds);
}

void
linx_unread_delay (const LinxCaller *caller, gsize bytes)
{
  Unread *connection = connections != NULL ? find (caller->name) : NULL;

  if (connection != NULL)
    connection->unsent += HEADER_BYTES + bytes;
}

void
linx_unread_sent (const LinxCaller *caller, gsize bytes)
{
  Unread *connection = connections != NULL ? find (caller->name) : NULL;

  if (connection == NULL)
    return;
  connection->unsent -= MIN (connection->unsent, HEADER_BYTES + bytes);
  ask_in (connection, 0);
}

LinxAmount
linx_unread_of (const LinxCaller *caller)
{
  const Unread *connection = find (caller->name);

  return connection != NULL ? amount_of (connection) : (LinxAmount){ 0 };
}

LinxAmount
linx_unread_of_account (LinxAccount account)
{
  return (LinxAmount){ linx_quota_of (&bytes_unread, account),
                       (guint)linx_quota_of (&fds_unread, account) };
}

gsize
linx_unread_read_by (LinxAccount account)
{
  return linx_quota_of (&read_since, account);
}

LinxAmount
linx_unread_of_all (void)
{
  return (LinxAmount){ bytes_unread.all, (guint)fds_unread.all };
}

void
linx_unread_ask (LinxAccount account, LinxStatsFunc func, gpointer data)
{
  Poll *poll = g_new0 (Poll, 1);
  GHashTableIter iter;
  gpointer connection;

  poll->func = func;
  poll->data = data;
  poll->pending = 1;
  g_hash_table_iter_init (&iter, connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection))
    if (((Unread *)connection)->account == account)
      ask (connection, poll);
  leave_poll (poll);
}

void
linx_unread_on_read (void (*func) (void))
{
  on_read = func;
}

void
linx_unread_clear (void)
{
  g_clear_pointer (&connections, g_hash_table_unref);
}

static void
on_caller (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LinxAnswers) answers = data;
  g_autoptr (LinxCaller) caller = linx_caller_get_finish (result, NULL);

  (void)source;
  if (caller != NULL)
    linx_unread_add (caller, answers->bytes, 0);
  else if (connections != NULL && linx_message_filter_is_of_nobody (answers->name))
    add (find_or_add (answers->name, LINX_ACCOUNT_NOBODY), answers->bytes, 0);
}

static void
on_answers (LinxAnswers *answers)
{
  linx_caller_identify (bus, answers->name, on_caller, answers);
}

static void
forget (const char *name)
{
  if (connections != NULL)
    g_hash_table_remove (connections, name);
}

void
linx_unread_init (GDBusConnection *connection, void (*changed) (LinxAccount account))
{
  bus = connection;
  on_change = changed;
  connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unread_free);
  linx_message_filter_on_answers (on_answers);
  linx_callers_on_vanished (forget);
}
