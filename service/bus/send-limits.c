/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/send-limits.h"
#include "bus/message-filter.h"
#include "bus/unread.h"
#include "quota/quota.h"

/* A reply waits for room as long as its user reads something meanwhile, and then so long: what the
 * bus keeps may be about to be written, and a large message counts until all of it is. */
#define TRY_MS 20
#define PATIENCE_US (200 * G_TIME_SPAN_MILLISECOND)
#define PATIENCE_WITH_LARGE_US (3 * G_TIME_SPAN_SECOND)
#define MAX_PATIENCE_US (60 * G_TIME_SPAN_SECOND)

/* A reply larger than that has to find room. */
#define LARGE_REPLY (64 << 10)
#define MAX_BYTES_OF_SIGNALS (1 << 20)
#define MAX_BYTES_OF_USER (16 << 20)
#define MAX_BYTES (64 << 20)
#define MAX_FDS_OF_USER 4
#define MAX_FDS 56
/* Of what found room, and small replies beyond that: then calls are refused. All refusals are
 * together as small as that: then there are no more. */
#define SHUT_BYTES_OF_USER (40 << 20)
#define SHUT_BYTES (96 << 20)
#define REFUSAL_BYTES (4 << 20)
/* Then only root is served: what there is up to the bus's own bound is its, and for replies that
 * are under way. */
#define FULL_BYTES (112 << 20)
/* Who has so little to read does not suffer from how much others have, as long as there is room: an
 * eighth of what the bus takes, from where others are refused to where all are, is for such. */
#define LITTLE_BYTES (1 << 20)

/* A reply that waits. */
typedef struct {
  LinxCaller *caller;
  gsize bytes;
  guint fds;
  LinxSendFunc func;
  gpointer data;
  gint64 start; /* monotonic */
} Waiting;

/* One user's replies that wait, while the bus is asked what it keeps for it. */
typedef struct {
  LinxAccount account;
  GPtrArray *waiting; /* of Waiting */
  gsize read;         /* what its connections had read when that was looked at last */
  gint64 read_at;     /* since when it is the same: monotonic */
} Round;

static GHashTable *rounds;     /* account -> Round */
static GHashTable *stopped;    /* accounts that have too much unread */
static LinxQuota room_for_fds; /* the bounds: what is unread is counted in bus/unread */

static void start_round (Round *round);

static gboolean
is_shut (LinxAccount account, gsize refusals)
{
  gsize user = linx_unread_of_account (account).bytes;
  gsize all = linx_unread_of_all ().bytes;

  return user >= SHUT_BYTES_OF_USER + refusals
         || (all >= SHUT_BYTES + refusals && user >= LITTLE_BYTES)
         || (all >= FULL_BYTES + refusals && account != LINX_ACCOUNT_ROOT);
}

static void
set_gate (LinxAccount account)
{
  LinxFilterState state = is_shut (account, REFUSAL_BYTES) ? LINX_FILTER_DROPS
                          : is_shut (account, 0)           ? LINX_FILTER_REFUSES
                                                           : LINX_FILTER_PASSES;

  linx_message_filter_set (account, state);
  if (state == LINX_FILTER_PASSES)
    g_hash_table_remove (stopped, &account);
  else
    linx_account_table_set (stopped, account, NULL);
}

/* Who was stopped for what others had to read may have read all of its own. */
static void
set_gates_again (void)
{
  g_autoptr (GArray) accounts = g_array_new (FALSE, FALSE, sizeof (LinxAccount));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, stopped);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (accounts, key, 1);
  for (guint i = 0; i < accounts->len; i++)
    set_gate (g_array_index (accounts, LinxAccount, i));
}

static void
on_change (LinxAccount account)
{
  static gboolean was_full;
  gboolean full = linx_unread_of_all ().bytes >= FULL_BYTES;
  gboolean again = was_full && !full;

  was_full = full;
  set_gate (account);
  if (again)
    set_gates_again ();
}

static gboolean
refuse (GError **error, const char *who, gsize amount, const char *of_what)
{
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "%s not read %" G_GSIZE_FORMAT " %s that were sent before", who, amount, of_what);
  return FALSE;
}

/* @user: what its connections have not read. */
static gboolean
has_room (const Waiting *waiting, LinxAmount user, GError **error)
{
  LinxAmount all = linx_unread_of_all ();
  LinxQuotaState state = waiting->fds > 0
                             ? linx_quota_judge (&room_for_fds, waiting->caller->account, user.fds,
                                                 all.fds, waiting->fds)
                             : LINX_QUOTA_OPEN;
  gsize most_bytes = user.bytes < LITTLE_BYTES ? SHUT_BYTES : MAX_BYTES;

  if (state == LINX_QUOTA_SHARE_IS_FULL)
    return refuse (error, "this user has", user.fds, "descriptors");
  if (state == LINX_QUOTA_IS_FULL)
    return refuse (error, "callers have", all.fds, "descriptors");
  if (waiting->bytes > LARGE_REPLY && user.bytes >= MAX_BYTES_OF_USER)
    return refuse (error, "this user has", user.bytes >> 20, "MiB");
  if (waiting->bytes > LARGE_REPLY && all.bytes >= most_bytes)
    return refuse (error, "callers have", all.bytes >> 20, "MiB");
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

  if (!g_cancellable_is_cancelled (caller->gone)
      && !has_room (waiting, linx_unread_of_account (caller->account), NULL))
    return FALSE;
  linx_unread_add (caller, waiting->bytes, waiting->fds);
  stop_waiting (waiting, NULL);
  return TRUE;
}

static gboolean
on_time (gpointer round)
{
  start_round (round);
  return G_SOURCE_REMOVE;
}

static void
note_progress (Round *round)
{
  gsize read = linx_unread_read_by (round->account);

  if (read != round->read)
    round->read_at = g_get_monotonic_time ();
  round->read = read;
}

static gboolean
is_too_late (const Round *round, const Waiting *waiting)
{
  gint64 patience = waiting->fds > 0 ? PATIENCE_US : PATIENCE_WITH_LARGE_US;

  gint64 now = g_get_monotonic_time ();

  return now - MAX (waiting->start, round->read_at) > patience
         || now - waiting->start > MAX_PATIENCE_US;
}

/* Of what has found room since the bus was asked it has not said yet whether it keeps it: then it
 * is asked again at once. */
static void
on_kept (LinxAmount kept, gpointer data)
{
  Round *round = data;
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&round->waiting);
  guint wait_ms = TRY_MS;

  note_progress (round);
  round->waiting = g_ptr_array_new ();
  for (guint i = 0; i < waiting->len; i++) {
    Waiting *one = g_ptr_array_index (waiting, i);
    g_autoptr (GError) error = NULL;

    if (take (one))
      continue;
    if (has_room (one, kept, &error))
      wait_ms = 0;
    else if (is_too_late (round, one)) {
      stop_waiting (one, error);
      continue;
    }
    g_ptr_array_add (round->waiting, one);
  }
  if (round->waiting->len > 0) {
    g_timeout_add (wait_ms, on_time, round);
    return;
  }
  g_hash_table_remove (rounds, &round->account);
  g_ptr_array_unref (round->waiting);
  g_free (round);
}

static void
start_round (Round *round)
{
  linx_unread_ask (round->account, on_kept, round);
}

static void
join_round (Waiting *waiting)
{
  LinxAccount account = waiting->caller->account;
  Round *round = g_hash_table_lookup (rounds, &account);
  gboolean is_new = round == NULL;

  if (is_new) {
    round = g_new0 (Round, 1);
    round->account = account;
    round->waiting = g_ptr_array_new ();
    linx_account_table_set (rounds, account, round);
  }
  g_ptr_array_add (round->waiting, waiting);
  if (is_new)
    start_round (round);
}

void
linx_send_limits_take (LinxCaller *caller, gsize bytes, guint fds, LinxSendFunc func, gpointer data)
{
  Waiting *waiting = g_new0 (Waiting, 1);

  waiting->caller = linx_caller_ref (caller);
  waiting->bytes = bytes;
  waiting->fds = fds;
  waiting->func = func;
  waiting->data = data;
  waiting->start = g_get_monotonic_time ();
  if (!take (waiting))
    join_round (waiting);
}

gboolean
linx_send_limits_is_shut (const LinxCaller *caller, GError **error)
{
  gsize user = linx_unread_of_account (caller->account).bytes;

  if (!is_shut (caller->account, 0))
    return FALSE;
  if (user >= SHUT_BYTES_OF_USER)
    refuse (error, "this user has", user >> 20, "MiB");
  else
    refuse (error, "callers have", linx_unread_of_all ().bytes >> 20, "MiB");
  return TRUE;
}

gboolean
linx_send_limits_for_signals (const LinxCaller *caller)
{
  gsize user = linx_unread_of_account (caller->account).bytes;

  return linx_unread_of (caller).bytes < MAX_BYTES_OF_SIGNALS && user < MAX_BYTES_OF_USER
         && (linx_unread_of_all ().bytes < SHUT_BYTES || user < LITTLE_BYTES)
         && (linx_unread_of_all ().bytes < FULL_BYTES || caller->account == LINX_ACCOUNT_ROOT);
}

void
linx_send_limits_init (GDBusConnection *bus)
{
  rounds = linx_account_table_new (NULL);
  stopped = linx_account_table_new (NULL);
  linx_quota_init (&room_for_fds, MAX_FDS, MAX_FDS_OF_USER);
  linx_unread_init (bus, on_change);
}

void
linx_send_limits_clear (void)
{
  linx_unread_clear ();
  g_clear_pointer (&rounds, g_hash_table_unref);
  g_clear_pointer (&stopped, g_hash_table_unref);
}
