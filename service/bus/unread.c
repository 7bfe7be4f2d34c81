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
  LinxAmount sent;  /* since there is this backlog */
  LinxAmount read;  /* of that: all but what the bus may still keep */
  gsize unsent;     /* of that: bytes that the bus cannot have yet */
  LinxAmount asked; /* what was sent when the bus was asked last */
  guint asking;     /* how often it was asked without an answer yet */
  guint timer;      /* until it is asked again; 0: it is not going to be */
  gboolean at_once; /* the timer is due */
} Backlog;

/* Who waits for what the bus keeps for all connections of a user. */
typedef struct {
  LinxStatsFunc func;
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
static LinxQuota bytes_unread;
static LinxQuota fds_unread;
static LinxQuota read_since; /* there was anything unread */
static void (*on_change) (LinxAccount account);
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
  LinxAmount before = unread (backlog), now;
  gsize progress = read.bytes - MIN (read.bytes, backlog->read.bytes) + read.fds
                   - MIN (read.fds, backlog->read.fds);

  backlog->sent = sent;
  backlog->read = read;
  now = unread (backlog);
  linx_quota_add (&bytes_unread, backlog->account, now.bytes);
  linx_quota_remove (&bytes_unread, backlog->account, before.bytes);
  linx_quota_add (&fds_unread, backlog->account, now.fds);
  linx_quota_remove (&fds_unread, backlog->account, before.fds);
  linx_quota_add (&read_since, backlog->account, progress);
  if (linx_quota_of (&bytes_unread, backlog->account) == 0)
    linx_quota_remove (&read_since, backlog->account,
                       linx_quota_of (&read_since, backlog->account));
  on_change (backlog->account);
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
give (Backlog *backlog, LinxAccount account)
{
  LinxAmount read = backlog->read;

  set (backlog, backlog->sent, backlog->sent);
  backlog->account = account;
  set (backlog, backlog->sent, read);
}

static Backlog *
backlog_of (const char *name, LinxAccount account)
{
  Backlog *backlog = find (name);

  if (backlog != NULL && backlog->account != account && backlog->account == LINX_ACCOUNT_NOBODY)
    give (backlog, account);
  if (backlog != NULL)
    return backlog;
  backlog = g_new0 (Backlog, 1);
  backlog->number = ++last_number;
  backlog->name = g_strdup (name);
  backlog->account = account;
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

static void
on_answer (LinxAmount told, gpointer data)
{
  Question *question = data;
  Backlog *backlog = find (question->name);
  LinxAmount kept = { 0 };

  if (backlog != NULL && backlog->number == question->number) {
    backlog->asking--;
    kept = take_answer (backlog, &question->sent, told);
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
  question->sent.bytes -= backlog->unsent;
  question->poll = poll;
  backlog->asking++;
  if (poll != NULL)
    poll->pending++;
  linx_stats_ask (bus, backlog->name, on_answer, question);
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
    add (backlog_of (caller->name, caller->account), bytes, fds);
}

void
linx_backlog_delay (const LinxCaller *caller, gsize bytes)
{
  Backlog *backlog = backlogs != NULL ? find (caller->name) : NULL;

  if (backlog != NULL)
    backlog->unsent += HEADER_BYTES + bytes;
}

void
linx_backlog_sent (const LinxCaller *caller, gsize bytes)
{
  Backlog *backlog = backlogs != NULL ? find (caller->name) : NULL;

  if (backlog == NULL)
    return;
  backlog->unsent -= MIN (backlog->unsent, HEADER_BYTES + bytes);
  ask_in (backlog, 0);
}

LinxAmount
linx_backlog_of (const LinxCaller *caller)
{
  const Backlog *backlog = find (caller->name);

  return backlog != NULL ? unread (backlog) : (LinxAmount){ 0 };
}

LinxAmount
linx_backlog_of_account (LinxAccount account)
{
  return (LinxAmount){ linx_quota_of (&bytes_unread, account),
                       (guint)linx_quota_of (&fds_unread, account) };
}

gsize
linx_backlog_read_by (LinxAccount account)
{
  return linx_quota_of (&read_since, account);
}

LinxAmount
linx_backlog_of_all (void)
{
  return (LinxAmount){ bytes_unread.all, (guint)fds_unread.all };
}

void
linx_backlog_ask (LinxAccount account, LinxStatsFunc func, gpointer data)
{
  Poll *poll = g_new0 (Poll, 1);
  GHashTableIter iter;
  gpointer backlog;

  poll->func = func;
  poll->data = data;
  poll->pending = 1;
  g_hash_table_iter_init (&iter, backlogs);
  while (g_hash_table_iter_next (&iter, NULL, &backlog))
    if (((Backlog *)backlog)->account == account)
      ask (backlog, poll);
  leave_poll (poll);
}

void
linx_backlog_on_read (void (*func) (void))
{
  on_read = func;
}

void
linx_backlog_clear (void)
{
  g_clear_pointer (&backlogs, g_hash_table_unref);
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
    add (backlog_of (answers->name, LINX_ACCOUNT_NOBODY), answers->bytes, 0);
}

static void
on_answers (LinxAnswers *answers)
{
  linx_caller_identify (bus, answers->name, on_caller, answers);
}

static void
forget (const char *name)
{
  if (backlogs != NULL)
    g_hash_table_remove (backlogs, name);
}

void
linx_backlog_init (GDBusConnection *connection, void (*changed) (LinxAccount account))
{
  bus = connection;
  on_change = changed;
  backlogs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, backlog_free);
  linx_gate_on_answers (on_answers);
  linx_callers_on_vanished (forget);
}
