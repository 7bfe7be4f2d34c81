/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/quota.h"

/* What there is of one account; it is its own key. */
typedef struct {
  LinxAccount account;
  gsize amount;
} Entry;

void
linx_quota_init (LinxQuota *quota, gsize total, gsize share)
{
  quota->total = total;
  quota->share = share;
  quota->for_root = quota->for_newcomers = total / LINX_QUOTA_PART;
}

gsize
linx_quota_of (const LinxQuota *quota, LinxAccount account)
{
  const Entry *entry
      = quota->accounts != NULL ? g_hash_table_lookup (quota->accounts, &account) : NULL;

  return entry != NULL ? entry->amount : 0;
}

gsize
linx_quota_most (const LinxQuota *quota, LinxAccount account, gsize own)
{
  if (account == LINX_ACCOUNT_ROOT)
    return quota->total;
  return quota->total - quota->for_root - (own > quota->little ? quota->for_newcomers : 0);
}

LinxQuotaState
linx_quota_judge (const LinxQuota *quota, LinxAccount account, gsize own, gsize all, gsize amount)
{
  gboolean has_own = account == LINX_ACCOUNT_ROOT && quota->share_of_root != 0;
  gsize share = has_own ? quota->share_of_root : quota->share;

  if (share != 0 && own + amount > share)
    return LINX_QUOTA_SHARE_IS_FULL;
  return all + amount > linx_quota_most (quota, account, own) ? LINX_QUOTA_IS_FULL
                                                              : LINX_QUOTA_OPEN;
}

LinxQuotaState
linx_quota_ask (const LinxQuota *quota, LinxAccount account, gsize amount)
{
  return linx_quota_judge (quota, account, linx_quota_of (quota, account), quota->all, amount);
}

static Entry *
find_or_add (LinxQuota *quota, LinxAccount account)
{
  Entry *entry;

  if (quota->accounts == NULL)
    quota->accounts = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  entry = g_hash_table_lookup (quota->accounts, &account);
  if (entry != NULL)
    return entry;
  entry = g_new0 (Entry, 1);
  entry->account = account;
  g_hash_table_insert (quota->accounts, entry, entry);
  return entry;
}

void
linx_quota_add (LinxQuota *quota, LinxAccount account, gsize amount)
{
  if (amount == 0)
    return;
  quota->all += amount;
  find_or_add (quota, account)->amount += amount;
}

void
linx_quota_remove (LinxQuota *quota, LinxAccount account, gsize amount)
{
  Entry *entry;

  if (amount == 0)
    return;
  entry = find_or_add (quota, account);
  quota->all -= amount;
  entry->amount -= amount;
  if (entry->amount == 0)
    g_hash_table_remove (quota->accounts, &account);
}
