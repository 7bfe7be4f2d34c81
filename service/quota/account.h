/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Accounts: to whom it is counted what a caller has under way. Quotas and reserves are keyed by
 * them, never by a uid: a uid 0 need not be root, and one user may have many uids.
 */

/**
 * LinxAccount:
 *
 * LINX_ACCOUNT_ROOT: uid 0 with CAP_SYS_ADMIN in effect in the initial user namespace. A uid: a
 * user, and all uids of the user namespaces that it has made. Beyond all uids: uid 0 without that
 * power, and each user namespace that root has made.
 */
typedef guint64 LinxAccount;

#define LINX_ACCOUNT_ROOT ((LinxAccount)0)
/* Of whom the bus cannot say who it is; no uid is that. */
#define LINX_ACCOUNT_NOBODY ((LinxAccount)(uid_t)-1)

/**
 * linx_account_find:
 * @uid: a caller's uid, from the bus
 * @pid: its process
 * @pidfd: the same
 * @account: (out): its account
 *
 * Decided once, at first sight. Who gives its power up afterwards keeps only the quota (each call
 * asks again whether it may, linx_caller_verify()); who gets it afterwards keeps the smaller one.
 *
 * Returns: %FALSE where the process has ended
 */
gboolean linx_account_find (uid_t uid, pid_t pid, int pidfd, LinxAccount *account);

/** linx_account_table_new: a hash table of accounts: for linx_account_table_set(), looked up by a
 * pointer to an account. */
GHashTable *linx_account_table_new (GDestroyNotify free_value);

/** linx_account_table_set: takes @value over. */
void linx_account_table_set (GHashTable *table, LinxAccount account, gpointer value);
