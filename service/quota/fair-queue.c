/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/fair-queue.h"

typedef struct {
  void (*func) (gpointer data);
  gpointer data;
} Waiting;

static GQueue *
queue_of (LinxFairQueue *queue, LinxAccount account)
{
  GQueue *waiting;

  if (queue->waiting == NULL)
    queue->waiting = linx_account_table_new ((GDestroyNotify)g_queue_free);
  waiting = g_hash_table_lookup (queue->waiting, &account);
  if (waiting != NULL)
    return waiting;
  waiting = g_queue_new ();
  linx_account_table_set (queue->waiting, account, waiting);
  return waiting;
}

void
linx_fair_queue_take (LinxFairQueue *queue, LinxAccount account, void (*func) (gpointer data),
                      gpointer data)
{
  Waiting *next;

  if (linx_quota_ask (&queue->under_way, account, 1) == LINX_QUOTA_OPEN) {
    linx_quota_add (&queue->under_way, account, 1);
    func (data);
    return;
  }
  next = g_new (Waiting, 1);
  *next = (Waiting){ func, data };
  g_queue_push_tail (queue_of (queue, account), next);
}

void
linx_fair_queue_end (LinxFairQueue *queue, LinxAccount account)
{
  GQueue *waiting = queue->waiting != NULL ? g_hash_table_lookup (queue->waiting, &account) : NULL;
  g_autofree Waiting *next = waiting != NULL ? g_queue_pop_head (waiting) : NULL;

  if (waiting != NULL && g_queue_is_empty (waiting))
    g_hash_table_remove (queue->waiting, &account);
  if (next != NULL)
    next->func (next->data);
  else
    linx_quota_remove (&queue->under_way, account, 1);
}
