/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "turns.h"

typedef struct {
  void (*func) (gpointer data);
  gpointer data;
} Turn;

typedef struct {
  guint taken;
  GQueue waiting; /* of Turn */
} User;

static User *
find (LinxTurns *turns, uid_t uid)
{
  User *user;

  if (turns->users == NULL)
    turns->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  user = g_hash_table_lookup (turns->users, GUINT_TO_POINTER (uid));
  if (user != NULL)
    return user;
  user = g_new0 (User, 1);
  g_hash_table_insert (turns->users, GUINT_TO_POINTER (uid), user);
  return user;
}

void
linx_turns_take (LinxTurns *turns, uid_t uid, void (*func) (gpointer data), gpointer data)
{
  User *user = find (turns, uid);
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
linx_turns_end (LinxTurns *turns, uid_t uid)
{
  User *user = find (turns, uid);
  g_autofree Turn *turn = g_queue_pop_head (&user->waiting);

  if (turn != NULL)
    turn->func (turn->data);
  else if (--user->taken == 0)
    g_hash_table_remove (turns->users, GUINT_TO_POINTER (uid));
}
