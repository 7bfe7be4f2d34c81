/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/watch-limits.h"
#include "bus/limits.h"
#include "quota/quota.h"

#include <gio/gio.h>

static LinxQuota watches;
static LinxQuota calls;      /* of Watch, under way */
static LinxQuota namespaces; /* that an account watches; some may watch the same */
static GHashTable *watched;  /* Pair -> how many watches of it there are */

/* An account and a namespace that it watches. */
typedef struct {
  LinxAccount account;
  guint64 inode;
} Pair;

static guint
hash_pair (gconstpointer data)
{
  const Pair *pair = data;

  return g_int64_hash (&pair->account) ^ g_int64_hash (&pair->inode);
}

static gboolean
equal_pairs (gconstpointer a, gconstpointer b)
{
  const Pair *pair_a = a, *pair_b = b;

  return pair_a->account == pair_b->account && pair_a->inode == pair_b->inode;
}

static guint
count_of (const Pair *pair)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (watched, pair));
}

void
linx_watch_limits_add (const LinxCaller *caller, guint64 inode)
{
  const Pair pair = { caller->account, inode };
  guint count = count_of (&pair);

  linx_quota_add (&watches, caller->account, 1);
  if (count == 0)
    linx_quota_add (&namespaces, caller->account, 1);
  g_hash_table_replace (watched, g_memdup2 (&pair, sizeof pair), GUINT_TO_POINTER (count + 1));
}

void
linx_watch_limits_remove (const LinxCaller *caller, guint64 inode)
{
  const Pair pair = { caller->account, inode };
  guint count = count_of (&pair);

  linx_quota_remove (&watches, caller->account, 1);
  if (count > 1) {
    g_hash_table_replace (watched, g_memdup2 (&pair, sizeof pair), GUINT_TO_POINTER (count - 1));
    return;
  }
  g_hash_table_remove (watched, &pair);
  linx_quota_remove (&namespaces, caller->account, 1);
}

static gboolean
refuse (GError **error, gsize count, const char *what)
{
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "already %" G_GSIZE_FORMAT " %s",
               count, what);
  return FALSE;
}

static gboolean
check (const LinxQuota *quota, LinxAccount account, const char *of_user, const char *of_all,
       GError **error)
{
  switch (linx_quota_ask (quota, account, 1)) {
  case LINX_QUOTA_SHARE_IS_FULL:
    return refuse (error, linx_quota_of (quota, account), of_user);
  case LINX_QUOTA_IS_FULL:
    return refuse (error, quota->all, of_all);
  default:
    return TRUE;
  }
}

/* Of all it is the monitors that are counted: one serves all who watch the same. */
static gboolean
check_namespace (LinxAccount account, const LinxMonitorParts *parts, GError **error)
{
  const Pair pair = { account, parts->inode };
  gsize own = linx_quota_of (&namespaces, account), all = linx_monitors_count ();

  if (count_of (&pair) == 0
      && linx_quota_judge (&namespaces, account, own, 0, 1) == LINX_QUOTA_SHARE_IS_FULL)
    return refuse (error, own, "namespaces are watched by this user");
  if (!linx_monitor_exists (parts) && all >= linx_quota_most (&namespaces, account, own))
    return refuse (error, all, "namespaces are watched");
  return TRUE;
}

gboolean
linx_watch_limits_check (const LinxCaller *caller, const LinxMonitorParts *parts, GError **error)
{
  return check (&watches, caller->account, "watches of this user", "watches", error)
         && (parts == NULL || check_namespace (caller->account, parts, error));
}

gboolean
linx_watch_check (const LinxCaller *caller, GError **error)
{
  return linx_watch_limits_check (caller, NULL, error);
}

gboolean
linx_watch_enter (const LinxCaller *caller, GError **error)
{
  if (!check (&calls, caller->account, "calls of Watch of this user under way",
              "calls of Watch under way", error)
      || !linx_watch_limits_check (caller, NULL, error))
    return FALSE;
  linx_quota_add (&calls, caller->account, 1);
  return TRUE;
}

void
linx_watch_leave (const LinxCaller *caller)
{
  linx_quota_remove (&calls, caller->account, 1);
}

void
linx_watch_limits_init (void)
{
  watched = g_hash_table_new_full (hash_pair, equal_pairs, g_free, NULL);
  linx_quota_init (&watches, LINX_MAX_WATCHES, linx_limits_watches_of_user ());
  linx_quota_init (&calls, LINX_MAX_WATCH_CALLS, LINX_MAX_WATCH_CALLS_OF_USER);
  linx_quota_init (&namespaces, LINX_MAX_NAMESPACES_WATCHED, LINX_MAX_NAMESPACES_OF_USER);
  calls.for_root = LINX_WATCH_CALLS_FOR_ROOT;
  namespaces.for_root = LINX_NAMESPACES_FOR_ROOT;
  watches.share_of_root = calls.share_of_root = namespaces.share_of_root = G_MAXSIZE;
}

void
linx_watch_limits_clear (void)
{
  g_clear_pointer (&watched, g_hash_table_unref);
}
