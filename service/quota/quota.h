/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

/*
 * Quotas: how much there is of something, of each account and of all, and how much there may be.
 * The last part of all is root's, and the part before it is for newcomers: so that those who have
 * much, however many they are, leave something to who has nothing yet. For one thread at a time.
 */

/* What root has for itself, and what newcomers have, is each one such part of all. */
#define LINX_QUOTA_PART 8

/**
 * LinxQuota:
 * @total: how much there may be
 * @share: how much of one account; 0: there is no bound of its own
 * @for_root: of the total
 * @for_newcomers: of the total, too
 * @little: who has no more than that is a newcomer
 * @share_of_root: root's bound, where it has another one
 * @all: how much there is
 * @accounts: (nullable): of each account that has any
 */
typedef struct {
  gsize total;
  gsize share;
  gsize for_root;
  gsize for_newcomers;
  gsize little;
  gsize share_of_root;
  gsize all;
  GHashTable *accounts;
} LinxQuota;

/** LinxQuotaState: whether there is some left. */
typedef enum {
  LINX_QUOTA_OPEN,
  LINX_QUOTA_SHARE_IS_FULL,
  LINX_QUOTA_IS_FULL,
} LinxQuotaState;

/** linx_quota_init: sets the bounds, with a part for root and one for newcomers. */
void linx_quota_init (LinxQuota *quota, gsize total, gsize share);

gsize linx_quota_of (const LinxQuota *quota, LinxAccount account);

/** linx_quota_most: how much of all there may be where @account, which has @own, wants more. */
gsize linx_quota_most (const LinxQuota *quota, LinxAccount account, gsize own);

/** linx_quota_judge: whether @account, which has @own of @all that there is, may have @amount more.
 */
LinxQuotaState linx_quota_judge (const LinxQuota *quota, LinxAccount account, gsize own, gsize all,
                                 gsize amount);

/** linx_quota_ask: whether @account may have @amount more. */
LinxQuotaState linx_quota_ask (const LinxQuota *quota, LinxAccount account, gsize amount);

/** linx_quota_add: counts @amount in, whatever the bounds are. */
void linx_quota_add (LinxQuota *quota, LinxAccount account, gsize amount);
void linx_quota_remove (LinxQuota *quota, LinxAccount account, gsize amount);
