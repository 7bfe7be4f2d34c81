/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/fair-queue.h"

typedef struct {
  void (*func) (gpointer data);
  gpointer data;
} Waiting;

typedef struct {
  guint taken;
  GQueue waiting; /* of Waiting */
} User;

static User *
find (LinxFairQueue *queue, LinxAccount account)
{
  User *user;

  if (queue->users == NULL)
    queue->users = linx_account_table_new (g_free);
  user = g_hash_table_lookup (queue->users, &account);
  if (user != NULL)
    return user;
  user = g_new0 (User, 1);
  linx_account_table_set (queue->users, account, user);
  return user;
}

void
linx_fair_queue_take (LinxFairQueue *queue, LinxAccount account, void (*func) (gpointer data),
                      gpointer data)
{
  User *user = find (queue, account);
  Waiting *next;

  if (user->taken < queue->most) {
    user->taken++;
    func (data);
    return;
  }
  next = g_new (Waiting, 1);
  *next = (Waiting){ func, data };
  g_queue_push_tail (&user->waiting, next);
}

void
linx_fair_queue_end (LinxFairQueue *queue, LinxAccount account)
{
  User *user = find (queue, account);
  g_autofree Waiting *next = g_queue_pop_head (&user->waiting);

  if (next != NULL)
    next->func (next->data);
  else if (--user->taken == 0)
    g_hash_table_remove (queue->users, &account);
}
