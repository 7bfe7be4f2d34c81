/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"
#include "fd-passing.h"
#include "process.h"
#include "reaper.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

struct _LinxVisit {
  gatomicrefcount ref;
  LinxVisitFunc func;
  gpointer data;
  GDestroyNotify free_data;
  int *fds; /* inside data: the worker's numbers while it runs */
  guint n_fds;
  guint n_owned; /* of these, from the first on; the others stay the lender's */
  guint timeout_ms;

  int given[LINX_MOST_FDS]; /* what was in fds, by the service's numbers */
  int channel;              /* the service's end of a pair of sockets */
  int slot;                 /* where the worker finds the other end */

  GMutex lock; /* over all that follows */
  GCond fetched_cond;
  gboolean fetched;       /* the worker has its copies, or failed before */
  gboolean expired;       /* the service no longer waits */
  gboolean finished;      /* the worker is done, and result is set */
  const char *committing; /* the step in the kernel now */
  GString *done;          /* the steps that stand */
  gboolean result;
  GError *error;
};

static GThreadPool *visits;
static GAsyncQueue *slots; /* those that are free */

static void
visit_unref (LinxVisit *visit)
{
  if (!g_atomic_ref_count_dec (&visit->ref))
    return;
  if (visit->data != NULL)
    linx_reaper_free (visit->data, visit->free_data);
  g_clear_error (&visit->error);
  g_string_free (visit->done, TRUE);
  g_cond_clear (&visit->fetched_cond);
  g_mutex_clear (&visit->lock);
  g_free (visit);
}

gboolean
linx_visit_commit (LinxVisit *visit, const char *step, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);

  if (visit->expired) {
    g_set_error_literal (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT, "abandoned");
    return FALSE;
  }
  visit->committing = step;
  return TRUE;
}

void
linx_visit_committed (LinxVisit *visit, gboolean done)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);

  if (done)
    g_string_append_printf (visit->done, "%s%s", visit->done->len > 0 ? ", " : "",
                            visit->committing);
  visit->committing = NULL;
}

/* Fails the visit for good if the worker did not return in time. The lock is held. */
static void
expire (LinxVisit *visit, GError **error)
{
  const char *done = visit->done->len > 0 ? visit->done->str : "nothing";

  visit->expired = TRUE;
  if (visit->committing != NULL)
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN,
                 "no end after %u ms: stuck in %s; done before it: %s", visit->timeout_ms,
                 visit->committing, done);
  else if (visit->done->len > 0)
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN,
                 "no end after %u ms: done: %s; nothing more will be", visit->timeout_ms, done);
  else
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT,
                 "no end after %u ms: nothing was done, nothing will be", visit->timeout_ms);
}

/* The worker's own descriptor table: a copy of the reserved places, of which it keeps its slot, and
 * what comes through that. Never a copy of the whole table: closing a copied FUSE file of another
 * call would hang this one (fuse_flush() runs at each close). */
static gboolean
own_fds (LinxVisit *visit, GError **error)
{
  if (close_range (LINX_RESERVED_FDS, ~0U, CLOSE_RANGE_UNSHARE) < 0)
    return linx_error_set (error, LINX_STAGE_UNSHARE, errno, "file descriptors", NULL);
  if (visit->slot > LINX_FIRST_SLOT)
    close_range (LINX_FIRST_SLOT, (unsigned int)visit->slot - 1, 0);
  close_range ((unsigned int)visit->slot + 1, ~0U, 0);
  if (!linx_fds_receive (visit->slot, visit->fds, visit->n_fds, error))
    return FALSE;
  if (unshare (CLONE_FS) < 0)
    return linx_error_set (error, LINX_STAGE_UNSHARE, errno, "root and working directory", NULL);
  return TRUE;
}

static void
mark_fetched (LinxVisit *visit)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);

  visit->fetched = TRUE;
  g_cond_signal (&visit->fetched_cond);
}

static void *
worker_main (void *user_data)
{
  LinxVisit *visit = user_data;
  int own[LINX_MOST_FDS];
  GError *error = NULL;
  gboolean ok;

  pthread_setname_np (pthread_self (), "linx-worker");
  ok = own_fds (visit, &error);
  mark_fetched (visit);
  ok = ok && visit->func (visit, visit->data, &error);

  /* From here on data is the service's again, and no number of this thread's may stay in it. */
  g_mutex_lock (&visit->lock);
  for (guint i = 0; i < visit->n_fds; i++) {
    own[i] = visit->fds[i];
    visit->fds[i] = -1;
  }
  visit->finished = TRUE;
  visit->result = ok;
  visit->error = error;
  g_mutex_unlock (&visit->lock);
  /* The kernel closes this thread's table when it is gone: a close that hangs, hangs only here. */
  linx_fds_send (visit->slot, own, visit->n_owned);
  visit_unref (visit);
  return NULL;
}

/* A worker takes no signals: a handler would run with its descriptors and in its namespace. */
static gboolean
start_worker (LinxVisit *visit, GError **error)
{
  sigset_t all, old;
  pthread_attr_t attr;
  pthread_t thread;
  int rc;

  g_atomic_ref_count_inc (&visit->ref);
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  pthread_attr_init (&attr);
  pthread_attr_setdetachstate (&attr, PTHREAD_CREATE_DETACHED);
  rc = pthread_create (&thread, &attr, worker_main, visit);
  pthread_attr_destroy (&attr);
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  if (rc == 0)
    return TRUE;
  visit_unref (visit);
  return linx_error_set (error, LINX_STAGE_THREAD, rc, "worker", NULL);
}

/* Waits until the worker has answered or its time is over. */
static void
wait_for_answer (LinxVisit *visit)
{
  gint64 end = g_get_monotonic_time () + visit->timeout_ms * G_TIME_SPAN_MILLISECOND;
  struct pollfd poll_fd = { .fd = visit->channel, .events = POLLIN };
  gint64 left;

  while ((left = end - g_get_monotonic_time ()) > 0)
    if (poll (&poll_fd, 1, (int)(left / 1000 + 1)) > 0)
      return;
}

/* A call of several steps that failed says which of them stand. */
static GError *
with_steps (const LinxVisit *visit, GError *error)
{
  g_autofree char *text = NULL;

  if (visit->done->len == 0)
    return error;
  text = g_strdup_printf ("%s; done before it: %s", error->message, visit->done->str);
  g_free (error->message);
  error->message = g_steal_pointer (&text);
  return error;
}

/* Puts the worker's end into the slot, for as long as it takes the worker to copy it. Nothing there
 * can block. */
static gboolean
start_with_slot (LinxVisit *visit, int other_end, GError **error)
{
  gboolean started;

  dup3 (other_end, visit->slot, O_CLOEXEC);
  started = start_worker (visit, error);
  g_mutex_lock (&visit->lock);
  while (started && !visit->fetched)
    g_cond_wait (&visit->fetched_cond, &visit->lock);
  g_mutex_unlock (&visit->lock);
  dup3 (linx_process_proc_fd (), visit->slot, O_CLOEXEC);
  return started;
}

/* What a stranger lent goes to the worker as O_PATH, if it is neither a namespace nor a pidfd:
 * closing that never waits for a filesystem, so no worker can get stuck on its way out. */
static int
safe_to_lend (int fd)
{
  g_autofree char *link = g_strdup_printf ("self/fd/%d", fd);

  if (linx_process_is_nsfs (fd) || linx_process_is_pidfd (fd))
    return fcntl (fd, F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
  return openat (linx_process_proc_fd (), link, O_PATH | O_CLOEXEC);
}

static void
send_to_worker (const LinxVisit *visit)
{
  int places[LINX_MOST_FDS];

  for (guint i = 0; i < visit->n_fds; i++)
    places[i]
        = i < visit->n_owned || visit->fds[i] < 0 ? visit->fds[i] : safe_to_lend (visit->fds[i]);
  linx_fds_send (visit->channel, places, visit->n_fds);
  for (guint i = visit->n_owned; i < visit->n_fds; i++)
    if (places[i] >= 0)
      close (places[i]);
}

static gboolean
start (LinxVisit *visit, GError **error)
{
  int pair[2];
  gboolean started;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return linx_error_set (error, LINX_STAGE_PIPE, errno, "worker", NULL);
  visit->channel = pair[0];
  visit->slot = GPOINTER_TO_INT (g_async_queue_pop (slots));
  send_to_worker (visit);
  started = start_with_slot (visit, pair[1], error);
  g_async_queue_push (slots, GINT_TO_POINTER (visit->slot));
  close (pair[1]);
  if (!started)
    close (visit->channel);
  return started;
}

static gboolean
run (LinxVisit *visit, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;
  gboolean received = FALSE;

  memcpy (visit->given, visit->fds, sizeof (int) * visit->n_fds);
  if (!start (visit, error))
    return FALSE;
  wait_for_answer (visit);

  locker = g_mutex_locker_new (&visit->lock);
  if (visit->finished)
    received = linx_fds_receive (visit->channel, visit->fds, visit->n_owned,
                                 visit->error == NULL ? &visit->error : NULL);
  else
    expire (visit, error);
  close (visit->channel);
  for (guint i = 0; i < visit->n_owned; i++)
    if (visit->given[i] >= 0)
      close (visit->given[i]);
  if (visit->expired)
    return FALSE;
  if (visit->error != NULL)
    g_propagate_error (error, with_steps (visit, g_steal_pointer (&visit->error)));
  return visit->result && received;
}

static void
visit_in_pool (gpointer pool_data, gpointer unused)
{
  g_autoptr (GTask) task = pool_data;
  LinxVisit *visit = g_task_get_task_data (task);
  GError *error = NULL;

  (void)unused;
  if (run (visit, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
linx_workers_visit (LinxVisitFunc func, gpointer data, GDestroyNotify free_data, int *fds,
                    guint n_fds, guint n_owned, guint timeout_ms, GAsyncReadyCallback callback,
                    gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  LinxVisit *visit = g_new0 (LinxVisit, 1);

  g_assert (n_fds <= LINX_MOST_FDS && n_owned <= n_fds);
  g_atomic_ref_count_init (&visit->ref);
  visit->func = func;
  visit->data = data;
  visit->free_data = free_data;
  visit->fds = fds;
  visit->n_fds = n_fds;
  visit->n_owned = n_owned;
  visit->timeout_ms = timeout_ms;
  visit->done = g_string_new (NULL);
  g_mutex_init (&visit->lock);
  g_cond_init (&visit->fetched_cond);
  g_task_set_task_data (task, visit, (GDestroyNotify)visit_unref);
  g_thread_pool_push (visits, task, NULL);
}

gboolean
linx_workers_visit_finish (GAsyncResult *result, gpointer *data, GError **error)
{
  LinxVisit *visit = g_task_get_task_data (G_TASK (result));
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);

  *data = visit->expired ? NULL : g_steal_pointer (&visit->data);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
linx_workers_init (guint most_visits)
{
  g_assert (most_visits <= LINX_N_SLOTS);
  slots = g_async_queue_new ();
  for (int slot = LINX_FIRST_SLOT; slot < LINX_RESERVED_FDS; slot++)
    g_async_queue_push (slots, GINT_TO_POINTER (slot));
  visits = g_thread_pool_new (visit_in_pool, NULL, (int)most_visits, FALSE, NULL);
}
