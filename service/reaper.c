/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reaper.h"

#include <sys/resource.h>
#include <unistd.h>

static GThreadPool *closers;
static GThreadPool *strangers; /* closes what came with messages: of Owner */
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

/* Who sent what is to be closed. */
typedef struct {
  gint64 id;
  GQueue fds; /* that no thread has taken yet */
  guint threads;
} Owner;

static GMutex lock;        /* over what follows */
static GHashTable *owners; /* id -> Owner, while there is something of it to close */
static guint most_threads; /* of one owner */
static guint unclosed;     /* descriptors of all owners */
static void (*on_full) (void);

static Owner *
find_owner (gint64 id)
{
  Owner *owner = g_hash_table_lookup (owners, &id);

  if (owner != NULL)
    return owner;
  owner = g_new0 (Owner, 1);
  owner->id = id;
  g_hash_table_insert (owners, &owner->id, owner);
  return owner;
}

/* -1: there is none left, and the thread is the owner's no more. */
static int
take_fd (Owner *owner, gboolean has_closed)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  unclosed -= has_closed ? 1 : 0;
  if (!g_queue_is_empty (&owner->fds))
    return GPOINTER_TO_INT (g_queue_pop_head (&owner->fds));
  if (--owner->threads == 0)
    g_hash_table_remove (owners, &owner->id);
  return -1;
}

static void
close_of_owner (gpointer owner, gpointer unused)
{
  int fd = take_fd (owner, FALSE);

  (void)unused;
  while (fd >= 0) {
    close (fd);
    fd = take_fd (owner, TRUE);
  }
}

static gboolean
is_half_full (void)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_NOFILE, &limit) == 0 && unclosed > limit.rlim_cur / 2;
}

static gboolean
tell_full (gpointer unused)
{
  (void)unused;
  on_full ();
  return G_SOURCE_REMOVE;
}

static void
leave_to (Owner *owner, int fd)
{
  g_queue_push_tail (&owner->fds, GINT_TO_POINTER (fd));
  unclosed++;
  if (owner->threads == most_threads)
    return;
  owner->threads++;
  g_thread_pool_push (strangers, owner, NULL);
}

void
linx_reaper_close_strangers (gint64 id, const int *fds, guint n)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  for (guint i = 0; i < n; i++)
    if (fds[i] >= 0)
      leave_to (find_owner (id), fds[i]);
  if (on_full != NULL && is_half_full ())
    g_idle_add (tell_full, NULL);
}

gboolean
linx_reaper_is_closing (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  return unclosed > 0;
}

void
linx_reaper_on_full (void (*func) (void))
{
  on_full = func;
}

void
linx_reaper_init (guint most)
{
  remains = g_async_queue_new ();
  reapers = g_thread_pool_new (free_in_pool, NULL, (int)most, FALSE, NULL);
  closers = g_thread_pool_new (close_in_pool, NULL, (int)most, FALSE, NULL);
  strangers = g_thread_pool_new (close_of_owner, NULL, (int)most, FALSE, NULL);
  owners = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  most_threads = MAX (most / 8, 1);
  g_thread_unref (g_thread_new ("linx-remains", hand_on_remains, NULL));
}
