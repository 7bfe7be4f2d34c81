/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/quota.h"

/*
 * Fair queues: of something each account may do a few at a time, and an account that asks for much
 * waits behind itself. For the main loop alone.
 */

/**
 * LinxFairQueue:
 * @under_way: how many each account has
 * @waiting: (nullable): account -> those that wait
 */
typedef struct {
  LinxQuota under_way;
  GHashTable *waiting;
} LinxFairQueue;

/** LINX_FAIR_QUEUE_INIT: @most: how many an account may have under way at a time. */
#define LINX_FAIR_QUEUE_INIT(most)                                                                 \
  {                                                                                                \
    .under_way = {.total = G_MAXSIZE, .share = (most) }                                            \
  }

/**
 * linx_fair_queue_take:
 * @queue: of what kind
 * @account: whose
 * @func: called with @data when @account may have one more under way, perhaps at once
 * @data: for @func
 *
 * Each ends with linx_fair_queue_end().
 */
void linx_fair_queue_take (LinxFairQueue *queue, LinxAccount account, void (*func) (gpointer data),
                           gpointer data);
void linx_fair_queue_end (LinxFairQueue *queue, LinxAccount account);
