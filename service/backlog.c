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
/* A reply waits for room so often and so long: what the bus keeps may be about to be written. */
#define TRIES 10
#define TRY_MS 20

/* What a message takes beside its arguments. */
#define HEADER_BYTES 256

/* A reply larger than that has to find room. */
#define LARGE_REPLY (64 << 10)
#define MOST_BYTES_OF_SIGNALS (1 << 20)
#define MOST_BYTES_OF_USER (16 << 20)
#define MOST_BYTES (64 << 20)
#define MOST_FDS_OF_USER 4
#define MOST_FDS 56
#define FDS_FOR_ROOT 8
/* Of what found room, and small replies beyond that: then calls are refused. All refusals are
 * together as small as that: then there are no more. */
#define SHUT_BYTES_OF_USER (40 << 20)
#define SHUT_BYTES (96 << 20)
#define REFUSAL_BYTES (4 << 20)
/* Who has so little to read does not suffer from how much others have, as long as there is room. */
#define LITTLE_BYTES (1 << 20)

typedef struct {
  gsize bytes;
  guint fds;
} Amount;

typedef struct {
  guint64 number; /* there may have been another one of that name */
  char *name;
  uid_t uid;
  Amount sent;  /* since there is this backlog */
  Amount read;  /* of that: all but what the bus may still keep */
  Amount asked; /* what was sent when the bus was asked last */
  guint asking; /* how often it was asked without an answer yet */
  guint timer;  /* until it is asked again; 0: it is not going to be */
} Backlog;

/* A reply that waits for room. */
typedef struct {
  LinxCaller *caller;
  gsize bytes;
  guint fds;
  LinxBacklogFunc func;
  gpointer data;
  guint tries; /* how often the bus has said that there is none */
} Waiting;

/* One user's replies that wait, while the bus is asked about all of its connections. */
typedef struct {
  uid_t uid;
  GPtrArray *waiting; /* of Waiting */
  guint pending;      /* answers to come */
  Amount kept;        /* what the bus keeps, as it has said now */
} Round;

typedef struct {
  guint64 number; /* of the backlog */
  char *name;
  Amount sent;  /* when it was asked */
  Round *round; /* (nullable) */
} Question;

static GDBusConnection *bus; /* it outlives all that follows */
static GHashTable *backlogs; /* unique name -> Backlog */
static guint64 last_number;
static GHashTable *users;  /* uid -> Amount that its connections have not read */
static GHashTable *rounds; /* uid -> Round */
static Amount of_all;
static void (*on_read) (void);

static Amount
of_user (uid_t uid)
{
  const Amount *amount = g_hash_table_lookup (users, GUINT_TO_POINTER (uid));

  return amount != NULL ? *amount : (Amount){ 0 };
}

static Amount
unread (const Backlog *backlog)
{
  return (Amount){ backlog->sent.bytes - backlog->read.bytes,
                   backlog->sent.fds - backlog->read.fds };
}

static gboolean
is_shut (uid_t uid, gsize refusals)
{
  gsize user = of_user (uid).bytes;

  return user >= SHUT_BYTES_OF_USER + refusals
         || (of_all.bytes >= SHUT_BYTES + refusals && user >= LITTLE_BYTES);
}

static void
set_gate (uid_t uid)
{
  if (is_shut (uid, REFUSAL_BYTES))
    linx_gate_set (uid, LINX_GATE_SILENT);
  else
    linx_gate_set (uid, is_shut (uid, 0) ? LINX_GATE_REFUSES : LINX_GATE_OPEN);
}

/* Counts anew what was sent and read. */
static void
set (Backlog *backlog, Amount sent, Amount read)
{
  Amount before = unread (backlog), user = of_user (backlog->uid), now;

  backlog->sent = sent;
  backlog->read = read;
  now = unread (backlog);
  user = (Amount){ user.bytes - before.bytes + now.bytes, user.fds - before.fds + now.fds };
  of_all = (Amount){ of_all.bytes - before.bytes + now.bytes, of_all.fds - before.fds + now.fds };
  if (user.bytes > 0 || user.fds > 0)
    g_hash_table_insert (users, GUINT_TO_POINTER (backlog->uid), g_memdup2 (&user, sizeof user));
  else
    g_hash_table_remove (users, GUINT_TO_POINTER (backlog->uid));
  set_gate (backlog->uid);
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
  Amount read = backlog->read;

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

static void ask (Backlog *backlog, Round *round);
static void end_round (Round *round);

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
}

static gboolean
has_all (const Backlog *backlog)
{
  return backlog->sent.bytes == backlog->read.bytes && backlog->sent.fds == backlog->read.fds;
}

/* What was sent before it was asked, and is not kept any more, is read. What is kept may be of
 * others, too. */
static Amount
take_answer (Backlog *backlog, const Amount *sent, Amount kept)
{
  Amount read = backlog->read;

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
leave_round (Round *round)
{
  if (--round->pending == 0)
    end_round (round);
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
  Amount kept = { 0 };

  if (error != NULL)
    note_error (error);
  if (numbers != NULL) {
    g_variant_lookup (numbers, "OutgoingBytes", "u", &bytes);
    g_variant_lookup (numbers, "OutgoingFDs", "u", &fds);
  }
  if (same) {
    backlog->asking--;
    kept = take_answer (backlog, &question->sent, (Amount){ bytes, fds });
  }
  if (question->round != NULL) {
    question->round->kept.bytes += kept.bytes;
    question->round->kept.fds += kept.fds;
    leave_round (question->round);
  }
  if (on_read != NULL)
    on_read ();
  g_free (question->name);
  g_free (question);
}

/* By the connection that the messages went by: the bus has all of them when it is asked. */
static void
ask (Backlog *backlog, Round *round)
{
  Question *question = g_new0 (Question, 1);

  question->number = backlog->number;
  question->name = g_strdup (backlog->name);
  question->sent = backlog->asked = backlog->sent;
  question->round = round;
  backlog->asking++;
  if (round != NULL)
    round->pending++;
  g_dbus_connection_call (bus, BUS_NAME, BUS_PATH, STATS_INTERFACE, "GetConnectionStats",
                          g_variant_new ("(s)", backlog->name), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_answer, question);
}

static void
add (Backlog *backlog, gsize bytes, guint fds)
{
  Amount sent = { backlog->sent.bytes + HEADER_BYTES + bytes, backlog->sent.fds + fds };

  set (backlog, sent, backlog->read);
  if (fds > 0 || sent.bytes - backlog->asked.bytes >= ASK_BYTES)
    ask_in (backlog, 0); /* after it was sent */
  else if (backlog->asking == 0 && backlog->timer == 0)
    ask_in (backlog, ASK_MS);
}

void
linx_backlog_add (const LinxCaller *caller, gsize bytes)
{
  if (backlogs != NULL && !g_cancellable_is_cancelled (caller->gone))
    add (backlog_of (caller->name, caller->uid), bytes, 0);
}

static gboolean
refuse (GError **error, const char *who, gsize amount, const char *of_what)
{
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "%s not read %" G_GSIZE_FORMAT " %s that were sent before", who, amount, of_what);
  return FALSE;
}

static gboolean
has_room (uid_t uid, Amount user, gsize bytes, guint fds, GError **error)
{
  guint most_fds = MOST_FDS - (uid == 0 ? 0 : FDS_FOR_ROOT);
  gsize most_bytes = user.bytes < LITTLE_BYTES ? SHUT_BYTES : MOST_BYTES;

  if (fds > 0 && user.fds + fds > MOST_FDS_OF_USER)
    return refuse (error, "this user has", user.fds, "descriptors");
  if (fds > 0 && of_all.fds + fds > most_fds)
    return refuse (error, "callers have", of_all.fds, "descriptors");
  if (bytes > LARGE_REPLY && user.bytes >= MOST_BYTES_OF_USER)
    return refuse (error, "this user has", user.bytes >> 20, "MiB");
  if (bytes > LARGE_REPLY && of_all.bytes >= most_bytes)
    return refuse (error, "callers have", of_all.bytes >> 20, "MiB");
  return TRUE;
}

static void
stop_waiting (Waiting *waiting, const GError *error)
{
  waiting->func (error, waiting->data);
  linx_caller_unref (waiting->caller);
  g_free (waiting);
}

static gboolean
take (Waiting *waiting)
{
  const LinxCaller *caller = waiting->caller;
  gboolean is_there = backlogs != NULL && !g_cancellable_is_cancelled (caller->gone);

  if (is_there
      && !has_room (caller->uid, of_user (caller->uid), waiting->bytes, waiting->fds, NULL))
    return FALSE;
  if (is_there)
    add (backlog_of (caller->name, caller->uid), waiting->bytes, waiting->fds);
  stop_waiting (waiting, NULL);
  return TRUE;
}

static gboolean
start_round (gpointer data)
{
  Round *round = data;
  GHashTableIter iter;
  gpointer backlog;

  round->kept = (Amount){ 0 };
  round->pending = 1;
  g_hash_table_iter_init (&iter, backlogs);
  while (g_hash_table_iter_next (&iter, NULL, &backlog))
    if (((Backlog *)backlog)->uid == round->uid)
      ask (backlog, round);
  leave_round (round);
  return G_SOURCE_REMOVE;
}

/* Of what has found room since the bus was asked it has not said yet whether it keeps it: then it
 * is asked again at once. */
static void
end_round (Round *round)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&round->waiting);
  guint wait_ms = TRY_MS;

  round->waiting = g_ptr_array_new ();
  for (guint i = 0; i < waiting->len; i++) {
    Waiting *one = g_ptr_array_index (waiting, i);
    g_autoptr (GError) error = NULL;

    if (take (one))
      continue;
    if (has_room (round->uid, round->kept, one->bytes, one->fds, &error))
      wait_ms = 0;
    else if (++one->tries == TRIES) {
      stop_waiting (one, error);
      continue;
    }
    g_ptr_array_add (round->waiting, one);
  }
  if (round->waiting->len > 0) {
    g_timeout_add (wait_ms, start_round, round);
    return;
  }
  g_hash_table_remove (rounds, GUINT_TO_POINTER (round->uid));
  g_ptr_array_unref (round->waiting);
  g_free (round);
}

static void
join_round (Waiting *waiting)
{
  uid_t uid = waiting->caller->uid;
  Round *round = g_hash_table_lookup (rounds, GUINT_TO_POINTER (uid));
  gboolean is_new = round == NULL;

  if (is_new) {
    round = g_new0 (Round, 1);
    round->uid = uid;
    round->waiting = g_ptr_array_new ();
    g_hash_table_insert (rounds, GUINT_TO_POINTER (uid), round);
  }
  g_ptr_array_add (round->waiting, waiting);
  if (is_new)
    start_round (round);
}

void
linx_backlog_take (LinxCaller *caller, gsize bytes, guint fds, LinxBacklogFunc func, gpointer data)
{
  Waiting *waiting = g_new0 (Waiting, 1);

  waiting->caller = linx_caller_ref (caller);
  waiting->bytes = bytes;
  waiting->fds = fds;
  waiting->func = func;
  waiting->data = data;
  if (!take (waiting))
    join_round (waiting);
}

gboolean
linx_backlog_is_shut (const LinxCaller *caller, GError **error)
{
  gboolean shut = backlogs != NULL && is_shut (caller->uid, 0);

  if (shut)
    refuse (error, "this user has", of_user (caller->uid).bytes >> 20, "MiB");
  return shut;
}

gboolean
linx_backlog_delays_signals (const LinxCaller *caller)
{
  const Backlog *backlog = find (caller->name);
  gsize user = of_user (caller->uid).bytes;

  return backlog != NULL
         && (unread (backlog).bytes >= MOST_BYTES_OF_SIGNALS || user >= MOST_BYTES_OF_USER
             || (of_all.bytes >= SHUT_BYTES && user >= LITTLE_BYTES));
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
  g_clear_pointer (&rounds, g_hash_table_unref);
}

/* What others than the main loop have answered. */
typedef struct {
  char *name;
  gsize bytes;
} Answers;

static void
on_caller (GObject *source, GAsyncResult *result, gpointer data)
{
  Answers *answers = data;
  g_autoptr (LinxCaller) caller = linx_caller_get_finish (result, NULL);

  (void)source;
  if (caller != NULL)
    linx_backlog_add (caller, answers->bytes);
  else if (backlogs != NULL && linx_gate_is_of_nobody (answers->name))
    add (backlog_of (answers->name, LINX_GATE_NOBODY), answers->bytes, 0);
  g_free (answers->name);
  g_free (answers);
}

static void
on_answers (const char *name, gsize bytes)
{
  Answers *answers = g_new0 (Answers, 1);

  answers->name = g_strdup (name);
  answers->bytes = bytes;
  linx_caller_identify (bus, name, on_caller, answers);
}

void
linx_backlog_init (GDBusConnection *connection)
{
  bus = connection;
  backlogs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, backlog_free);
  users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  rounds = g_hash_table_new (NULL, NULL);
  linx_gate_on_answers (on_answers);
}
