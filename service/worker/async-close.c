/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/async-close.h"
#include "quota/quota.h"

#include <sys/resource.h>
#include <unistd.h>

/* Of those that close what nobody is known to have sent. What a filesystem keeps them at stays a
 * task of the unit's when the service has ended, and there are so many of those (TasksMax=). */
#define MAX_THREADS_FOR_NOBODY 2

/* Of one account: what a user may send with its calls, twice. */
#define MAX_UNCLOSED 1024

static GThreadPool *closers;
static GThreadPool *remains_closers; /* of Owner */
static GAsyncQueue *remains;         /* of Remains, for the closers */

/* What nobody needs any more, and how it is freed. */
typedef struct {
  LinxAccount account;
  gpointer data;
  GDestroyNotify free_data;
  gboolean is_untrusted; /* a descriptor that came with a message */
} Remains;

/* Whose remains they are. */
typedef struct {
  LinxAccount account;
  GQueue remains; /* that no thread has taken yet */
  guint threads;
  guint unclosed;
  gboolean waits; /* for a thread, while all have others to do */
} Owner;

static GMutex lock;        /* over what follows */
static GHashTable *owners; /* account -> Owner, while there are remains of it */
static GQueue waiting;     /* of Owner */
static LinxQuota threads;
static guint unclosed; /* descriptors of callers */
static guint too_many; /* accounts that have MAX_UNCLOSED of them: read without the lock, too */
static void (*on_full) (void);

static void
close_fd (gpointer fd)
{
  close (GPOINTER_TO_INT (fd));
}

static Owner *
find_owner (LinxAccount account)
{
  Owner *owner = g_hash_table_lookup (owners, &account);

  if (owner != NULL)
    return owner;
  owner = g_new0 (Owner, 1);
  owner->account = account;
  linx_account_table_set (owners, account, owner);
  return owner;
}

/* Another thread for it, if it may have one now. */
static void
start_thread (Owner *owner)
{
  LinxQuotaState state = linx_quota_ask (&threads, owner->account, 1);

  if (owner->account == LINX_ACCOUNT_NOBODY && owner->threads >= MAX_THREADS_FOR_NOBODY)
    return;
  if (state == LINX_QUOTA_OPEN) {
    linx_quota_add (&threads, owner->account, 1);
    owner->threads++;
    g_thread_pool_push (remains_closers, owner, NULL);
  } else if (state == LINX_QUOTA_IS_FULL && !owner->waits) {
    owner->waits = TRUE;
    g_queue_push_tail (&waiting, owner);
  }
}

static void
forget_unless_needed (Owner *owner)
{
  if (owner->threads == 0 && !owner->waits && g_queue_is_empty (&owner->remains))
    g_hash_table_remove (owners, &owner->account);
}

/* A thread is free. */
static void
end_thread (Owner *owner)
{
  guint n = g_queue_get_length (&waiting);

  owner->threads--;
  linx_quota_remove (&threads, owner->account, 1);
  forget_unless_needed (owner);
  for (; n > 0; n--) {
    Owner *next = g_queue_pop_head (&waiting);

    next->waits = FALSE;
    if (!g_queue_is_empty (&next->remains))
      start_thread (next);
    forget_unless_needed (next);
  }
}

static void
count_unclosed (Owner *owner, int n)
{
  gboolean was = owner->unclosed >= MAX_UNCLOSED;

  owner->unclosed += (guint)n;
  unclosed += (guint)n;
  g_atomic_int_add (&too_many, (owner->unclosed >= MAX_UNCLOSED) - was);
}

/* NULL: there are none left, and the thread is the owner's no more. */
static Remains *
take (Owner *owner, Remains *done)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Remains *next = g_queue_pop_head (&owner->remains);

  if (done != NULL && done->is_untrusted)
    count_unclosed (owner, -1);
  g_free (done);
  if (next == NULL)
    end_thread (owner);
  return next;
}

static void
close_of_owner (gpointer owner, gpointer unused)
{
  Remains *one = take (owner, NULL);

  (void)unused;
  while (one != NULL) {
    one->free_data (one->data);
    one = take (owner, one);
  }
}

/* The lock is held. */
static void
leave_remains (Remains *one)
{
  Owner *owner = find_owner (one->account);

  g_queue_push_tail (&owner->remains, one);
  if (one->is_untrusted)
    count_unclosed (owner, 1);
  start_thread (owner);
}

/* A pool starts its threads where it is pushed to: from a worker they would be in its namespace,
 * with its descriptors. So workers leave what remains in a queue, which is nothing but memory. */
static gpointer
hand_on_remains (gpointer unused)
{
  (void)unused;
  for (;;) {
    Remains *one = g_async_queue_pop (remains);
    g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

    leave_remains (one);
  }
  return NULL;
}

static Remains *
remains_new (LinxAccount account, gpointer data, GDestroyNotify free_data)
{
  Remains *one = g_new0 (Remains, 1);

  one->account = account;
  one->data = data;
  one->free_data = free_data;
  return one;
}

void
linx_async_close_free (LinxAccount account, gpointer data, GDestroyNotify free_data)
{
  g_async_queue_push (remains, remains_new (account, data, free_data));
}

static void
close_in_pool (gpointer fd, gpointer unused)
{
  (void)unused;
  close_fd (fd);
}

void
linx_async_close_fd (const int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    if (fds[i] >= 0)
      g_thread_pool_push (closers, GINT_TO_POINTER (fds[i]), NULL);
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

void
linx_async_close_untrusted (LinxAccount account, const int *fds, guint n)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  for (guint i = 0; i < n; i++) {
    Remains *one;

    if (fds[i] < 0)
      continue;
    one = remains_new (account, GINT_TO_POINTER (fds[i]), close_fd);
    one->is_untrusted = TRUE;
    leave_remains (one);
  }
  if (on_full != NULL && is_half_full ())
    g_idle_add (tell_full, NULL);
}

gboolean
linx_async_close_is_closing (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  return unclosed > 0;
}

gboolean
linx_async_close_has_too_many (LinxAccount account)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  const Owner *owner = g_hash_table_lookup (owners, &account);

  return owner != NULL && owner->unclosed >= MAX_UNCLOSED;
}

gboolean
linx_async_close_has_too_many_of_some (void)
{
  return g_atomic_int_get (&too_many) > 0;
}

void
linx_async_close_on_full (void (*func) (void))
{
  on_full = func;
}

void
linx_async_close_init (guint most)
{
  remains = g_async_queue_new ();
  closers = g_thread_pool_new (close_in_pool, NULL, (int)most, FALSE, NULL);
  remains_closers = g_thread_pool_new (close_of_owner, NULL, (int)(2 * most), FALSE, NULL);
  owners = linx_account_table_new (g_free);
  linx_quota_init (&threads, 2 * most, MAX (2 * most / LINX_QUOTA_PART, 1));
  g_thread_unref (g_thread_new ("linx-remains", hand_on_remains, NULL));
}
