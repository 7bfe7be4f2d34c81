/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "room.h"
#include "backlog.h"
#include "gate.h"

/* A reply waits for room so often and so long: what the bus keeps may be about to be written. */
#define TRIES 10
#define TRY_MS 20

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
/* Then only root is served: what there is up to the bus's own bound is its, and for replies that
 * are under way. */
#define FULL_BYTES (112 << 20)
/* Who has so little to read does not suffer from how much others have, as long as there is room. */
#define LITTLE_BYTES (1 << 20)

/* A reply that waits. */
typedef struct {
  LinxCaller *caller;
  gsize bytes;
  guint fds;
  LinxRoomFunc func;
  gpointer data;
  guint tries; /* how often the bus has said that there is none */
} Waiting;

/* One user's replies that wait, while the bus is asked what it keeps for it. */
typedef struct {
  uid_t uid;
  GPtrArray *waiting; /* of Waiting */
} Round;

static GHashTable *rounds;  /* uid -> Round */
static GHashTable *stopped; /* uids whose gate is not open */

static void start_round (Round *round);

static gboolean
is_shut (uid_t uid, gsize refusals)
{
  gsize user = linx_backlog_of_user (uid).bytes;
  gsize all = linx_backlog_of_all ().bytes;

  return user >= SHUT_BYTES_OF_USER + refusals
         || (all >= SHUT_BYTES + refusals && user >= LITTLE_BYTES)
         || (all >= FULL_BYTES + refusals && uid != 0);
}

static void
set_gate (uid_t uid)
{
  LinxGateState state = is_shut (uid, REFUSAL_BYTES) ? LINX_GATE_SILENT
                        : is_shut (uid, 0)           ? LINX_GATE_REFUSES
                                                     : LINX_GATE_OPEN;

  linx_gate_set (uid, state);
  if (state == LINX_GATE_OPEN)
    g_hash_table_remove (stopped, GUINT_TO_POINTER (uid));
  else
    g_hash_table_add (stopped, GUINT_TO_POINTER (uid));
}

/* Who was stopped for what others had to read may have read all of its own. */
static void
on_change (uid_t uid)
{
  static gboolean was_full;
  gboolean full = linx_backlog_of_all ().bytes >= FULL_BYTES;
  g_autoptr (GList) uids = was_full && !full ? g_hash_table_get_keys (stopped) : NULL;

  was_full = full;
  set_gate (uid);
  for (GList *l = uids; l != NULL; l = l->next)
    set_gate (GPOINTER_TO_UINT (l->data));
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
  LinxAmount all = linx_backlog_of_all ();
  guint most_fds = MOST_FDS - (waiting->caller->uid == 0 ? 0 : FDS_FOR_ROOT);
  gsize most_bytes = user.bytes < LITTLE_BYTES ? SHUT_BYTES : MOST_BYTES;

  if (waiting->fds > 0 && user.fds + waiting->fds > MOST_FDS_OF_USER)
    return refuse (error, "this user has", user.fds, "descriptors");
  if (waiting->fds > 0 && all.fds + waiting->fds > most_fds)
    return refuse (error, "callers have", all.fds, "descriptors");
  if (waiting->bytes > LARGE_REPLY && user.bytes >= MOST_BYTES_OF_USER)
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
      && !has_room (waiting, linx_backlog_of_user (caller->uid), NULL))
    return FALSE;
  linx_backlog_add (caller, waiting->bytes, waiting->fds);
  stop_waiting (waiting, NULL);
  return TRUE;
}

static gboolean
on_time (gpointer round)
{
  start_round (round);
  return G_SOURCE_REMOVE;
}

/* Of what has found room since the bus was asked it has not said yet whether it keeps it: then it
 * is asked again at once. */
static void
on_kept (LinxAmount kept, gpointer data)
{
  Round *round = data;
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&round->waiting);
  guint wait_ms = TRY_MS;

  round->waiting = g_ptr_array_new ();
  for (guint i = 0; i < waiting->len; i++) {
    Waiting *one = g_ptr_array_index (waiting, i);
    g_autoptr (GError) error = NULL;

    if (take (one))
      continue;
    if (has_room (one, kept, &error))
      wait_ms = 0;
    else if (++one->tries == TRIES) {
      stop_waiting (one, error);
      continue;
    }
    g_ptr_array_add (round->waiting, one);
  }
  if (round->waiting->len > 0) {
    g_timeout_add (wait_ms, on_time, round);
    return;
  }
  g_hash_table_remove (rounds, GUINT_TO_POINTER (round->uid));
  g_ptr_array_unref (round->waiting);
  g_free (round);
}

static void
start_round (Round *round)
{
  linx_backlog_ask (round->uid, on_kept, round);
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
linx_room_take (LinxCaller *caller, gsize bytes, guint fds, LinxRoomFunc func, gpointer data)
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
linx_room_is_shut (const LinxCaller *caller, GError **error)
{
  gsize user = linx_backlog_of_user (caller->uid).bytes;

  if (!is_shut (caller->uid, 0))
    return FALSE;
  if (user >= SHUT_BYTES_OF_USER)
    refuse (error, "this user has", user >> 20, "MiB");
  else
    refuse (error, "callers have", linx_backlog_of_all ().bytes >> 20, "MiB");
  return TRUE;
}

gboolean
linx_room_for_signals (const LinxCaller *caller)
{
  gsize user = linx_backlog_of_user (caller->uid).bytes;

  return linx_backlog_of (caller).bytes < MOST_BYTES_OF_SIGNALS && user < MOST_BYTES_OF_USER
         && (linx_backlog_of_all ().bytes < SHUT_BYTES || user < LITTLE_BYTES)
         && (linx_backlog_of_all ().bytes < FULL_BYTES || caller->uid == 0);
}

void
linx_room_init (GDBusConnection *bus)
{
  rounds = g_hash_table_new (NULL, NULL);
  stopped = g_hash_table_new (NULL, NULL);
  linx_backlog_init (bus, on_change);
}

void
linx_room_clear (void)
{
  linx_backlog_clear ();
  g_clear_pointer (&rounds, g_hash_table_unref);
  g_clear_pointer (&stopped, g_hash_table_unref);
}
