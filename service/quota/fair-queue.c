/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/fair-queue.h"

typedef struct {
  void (*func) (gpointer data);
  gpointer data;
} Turn;

typedef struct {
  guint taken;
  GQueue waiting; /* of Turn */
} User;

static User *
find (LinxTurns *turns, LinxAccount account)
{
  User *user;

  if (turns->users == NULL)
    turns->users = linx_account_table_new (g_free);
  user = g_hash_table_lookup (turns->users, &account);
  if (user != NULL)
    return user;
  user = g_new0 (User, 1);
  linx_account_table_set (turns->users, account, user);
  return user;
}

void
linx_turns_take (LinxTurns *turns, LinxAccount account, void (*func) (gpointer data), gpointer data)
{
  User *user = find (turns, account);
  Turn *turn;

  if (user->taken < turns->most) {
    user->taken++;
    func (data);
    return;
  }
  turn = g_new (Turn, 1);
  *turn = (Turn){ func, data };
  g_queue_push_tail (&user->waiting, turn);
}

void
linx_turns_end (LinxTurns *turns, LinxAccount account)
{
  User *user = find (turns, account);
  g_autofree Turn *turn = g_queue_pop_head (&user->waiting);

  if (turn != NULL)
    turn->func (turn->data);
  else if (--user->taken == 0)
    g_hash_table_remove (turns->users, &account);
}
