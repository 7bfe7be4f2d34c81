/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reaper.h"

#include <unistd.h>

static GThreadPool *closers;
static GThreadPool *strangers; /* closes what came with messages */
static GThreadPool *reapers;
static GAsyncQueue *remains; /* for the reapers */

/* Data that nobody needs any more, and how it is freed. */
typedef struct {
  gpointer data;
  GDestroyNotify free_data;
} Remains;

static void
free_in_pool (gpointer pool_data, gpointer unused)
{
  Remains *all = pool_data;

  (void)unused;
  all->free_data (all->data);
  g_free (all);
}

/* A pool starts its threads where it is pushed to: from a worker they would be in its namespace,
 * with its descriptors. So workers leave what remains in a queue, which is nothing but memory. */
static gpointer
hand_on_remains (gpointer unused)
{
  (void)unused;
  for (;;)
    g_thread_pool_push (reapers, g_async_queue_pop (remains), NULL);
  return NULL;
}

void
linx_reaper_free (gpointer data, GDestroyNotify free_data)
{
  Remains *all = g_new (Remains, 1);

  all->data = data;
  all->free_data = free_data;
  g_async_queue_push (remains, all);
}

static void
close_in_pool (gpointer pool_data, gpointer unused)
{
  (void)unused;
  close (GPOINTER_TO_INT (pool_data));
}

void
linx_reaper_close (const int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    if (fds[i] >= 0)
      g_thread_pool_push (closers, GINT_TO_POINTER (fds[i]), NULL);
}

void
linx_reaper_close_strangers (const int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    if (fds[i] >= 0)
      g_thread_pool_push (strangers, GINT_TO_POINTER (fds[i]), NULL);
}

void
linx_reaper_init (guint most)
{
  remains = g_async_queue_new ();
  reapers = g_thread_pool_new (free_in_pool, NULL, (int)most, FALSE, NULL);
  closers = g_thread_pool_new (close_in_pool, NULL, (int)most, FALSE, NULL);
  strangers = g_thread_pool_new (close_in_pool, NULL, (int)most, FALSE, NULL);
  g_thread_unref (g_thread_new ("linx-remains", hand_on_remains, NULL));
}
