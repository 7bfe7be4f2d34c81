/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "turns.h"

typedef struct {
  void (*func) (gpointer data);
  gpointer data;
} Turn;

static GHashTable *waiting; /* uid -> GQueue of Turn, while it is somebody's turn */

void
linx_turns_take (uid_t uid, void (*func) (gpointer data), gpointer data)
{
  GQueue *queue;
  Turn *turn;

  if (waiting == NULL)
    waiting = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_queue_free);
  queue = g_hash_table_lookup (waiting, GUINT_TO_POINTER (uid));
  if (queue == NULL) {
    g_hash_table_insert (waiting, GUINT_TO_POINTER (uid), g_queue_new ());
    func (data);
    return;
  }
  turn = g_new (Turn, 1);
  *turn = (Turn){ func, data };
  g_queue_push_tail (queue, turn);
}

void
linx_turns_end (uid_t uid)
{
  g_autofree Turn *turn = g_queue_pop_head (g_hash_table_lookup (waiting, GUINT_TO_POINTER (uid)));

  if (turn != NULL)
    turn->func (turn->data);
  else
    g_hash_table_remove (waiting, GUINT_TO_POINTER (uid));
}
