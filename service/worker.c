/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"
#include "fd-passing.h"
#include "process.h"
#include "reaper.h"
#include "sys.h"

#include <errno.h>
#include <glib-unix.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

/* Small enough for the C library to keep some for the next ones. */
#define WORKER_STACK (512 * 1024)

/* How long a list of steps gets, in bytes: of a large tree, unmounting each mount is one. */
#define MOST_STEPS_SHOWN 2000

struct _LinxVisit {
  gatomicrefcount ref;
  LinxVisitFunc func;
  gpointer data;
  GDestroyNotify free_data;
  int *fds; /* inside data: the worker's numbers while it runs */
  guint n_fds;
  guint n_owned; /* of these, from the first on; the others stay the lender's */
  guint timeout_ms;

  GTask *task;              /* NULL once it is answered */
  int given[LINX_MOST_FDS]; /* what was in fds, by the service's numbers */
  int channel;              /* the service's end of a pair of sockets */

  GMutex lock;            /* over all that follows */
  gboolean expired;       /* the service no longer waits */
  gboolean finished;      /* the worker is done, and result is set */
  const char *committing; /* the step in the kernel now */
  GString *done;          /* the steps that stand */
  gboolean result;
  GError *error;
};

/* A worker as the service knows it until it has a visit. */
typedef struct {
  LinxVisit *visit; /* set before the first message */
  int channel;
} Worker;

#define MOST_PARKED 4
static Worker *parked[MOST_PARKED];
static guint n_parked;
static guint parking; /* the source that parks more of them */
static GThreadPool *lenders;

static void
visit_unref (LinxVisit *visit)
{
  if (!g_atomic_ref_count_dec (&visit->ref))
    return;
  if (visit->data != NULL)
    linx_reaper_free (visit->data, visit->free_data);
  g_clear_error (&visit->error);
  g_string_free (visit->done, TRUE);
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

  if (done && visit->done->len < MOST_STEPS_SHOWN)
    g_string_append_printf (visit->done, "%s%s", visit->done->len > 0 ? ", " : "",
                            visit->committing);
  else if (done && !g_str_has_suffix (visit->done->str, "..."))
    g_string_append (visit->done, ", ...");
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

/* The worker's own descriptor table: a copy of the reserved places alone, the last of which is its
 * end of the channel. Never a copy of the whole table: closing a copied FUSE file of another call
 * would hang this one (fuse_flush() runs at each close). */
static int
own_tables (void)
{
  if (close_range (LINX_RESERVED_FDS, ~0U, CLOSE_RANGE_UNSHARE) < 0
      || close_range (LINX_SLOT + 1, ~0U, 0) < 0 || unshare (CLONE_FS) < 0)
    return errno;
  return 0;
}

/* Whether the service still waits for it. */
static gboolean
fetch (LinxVisit *visit, GError **error)
{
  gboolean ok = linx_fds_receive (LINX_SLOT, visit->fds, visit->n_fds, error);
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);

  return ok && !visit->expired;
}

static void
perform (LinxVisit *visit)
{
  int own[LINX_MOST_FDS];
  GError *error = NULL;
  gboolean ok = fetch (visit, &error) && visit->func (visit, visit->data, &error);

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
  linx_fds_send (LINX_SLOT, own, visit->n_owned);
  visit_unref (visit);
}

static void *
worker_main (void *user_data)
{
  Worker *worker = user_data;
  struct pollfd poll_fd = { .fd = LINX_SLOT, .events = POLLIN };
  int err = own_tables ();

  linx_process_open_fd_dir ();
  pthread_setname_np (pthread_self (), "linx-parked");
  (void)send (LINX_SLOT, &err, sizeof err, MSG_NOSIGNAL);
  if (err != 0)
    return NULL;
  while (poll (&poll_fd, 1, -1) < 1)
    ;
  pthread_setname_np (pthread_self (), "linx-worker");
  perform (g_atomic_pointer_get (&worker->visit));
  g_free (worker);
  return NULL;
}

/* A worker takes no signals: a handler would run with its descriptors and in its namespace. */
static int
start_thread (Worker *worker)
{
  sigset_t all, old;
  pthread_attr_t attr;
  pthread_t thread;
  int rc;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  pthread_attr_init (&attr);
  pthread_attr_setdetachstate (&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize (&attr, WORKER_STACK);
  rc = pthread_create (&thread, &attr, worker_main, worker);
  pthread_attr_destroy (&attr);
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  return rc;
}

/* Puts the worker's end into the slot, for as long as it takes the worker to copy it. Nothing there
 * can block. */
static gboolean
start_with_slot (Worker *worker, int other_end, GError **error)
{
  int rc, err = EPIPE;

  dup3 (other_end, LINX_SLOT, O_CLOEXEC);
  rc = start_thread (worker);
  if (rc == 0 && recv (worker->channel, &err, sizeof err, 0) < 0)
    err = errno;
  dup3 (linx_process_proc_fd (), LINX_SLOT, O_CLOEXEC);
  if (rc != 0)
    return linx_error_set (error, LINX_STAGE_THREAD, rc, "worker", NULL);
  return err == 0 ? TRUE : linx_error_set (error, LINX_STAGE_UNSHARE, err, "worker", NULL);
}

/* A worker that waits for its visit. */
static Worker *
worker_new (GError **error)
{
  Worker *worker;
  int pair[2];
  gboolean started;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
    linx_error_set (error, LINX_STAGE_PIPE, errno, "worker", NULL);
    return NULL;
  }
  worker = g_new0 (Worker, 1);
  worker->channel = pair[0];
  started = start_with_slot (worker, pair[1], error);
  close (pair[1]);
  if (started)
    return worker;
  close (worker->channel);
  g_free (worker);
  return NULL;
}

static gboolean
park (gpointer unused)
{
  Worker *worker = n_parked < MOST_PARKED ? worker_new (NULL) : NULL;

  (void)unused;
  if (worker != NULL)
    parked[n_parked++] = worker;
  if (worker != NULL && n_parked < MOST_PARKED)
    return G_SOURCE_CONTINUE;
  parking = 0;
  return G_SOURCE_REMOVE;
}

static Worker *
take_worker (GError **error)
{
  Worker *worker = n_parked > 0 ? parked[--n_parked] : worker_new (error);

  if (parking == 0)
    parking = g_idle_add (park, NULL); /* while this one works */
  return worker;
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

/* Whether there is anything a stranger lent: looking at that may wait for a filesystem. The first
 * of the lent ones is the service's own. */
static gboolean
lends_strangers (const LinxVisit *visit)
{
  for (guint i = visit->n_owned + 1; i < visit->n_fds; i++)
    if (visit->fds[i] >= 0)
      return TRUE;
  return FALSE;
}

typedef struct {
  int channel;
  guint n_fds;
  guint first_lent;
  int fds[LINX_MOST_FDS];
} Lending;

/* The worker waits meanwhile, and with it all that the descriptors belong to. */
static void
lend_in_pool (gpointer pool_data, gpointer unused)
{
  g_autofree Lending *lending = pool_data;

  (void)unused;
  for (guint i = lending->first_lent; i < lending->n_fds; i++)
    if (lending->fds[i] >= 0)
      lending->fds[i] = safe_to_lend (lending->fds[i]);
  linx_fds_send (lending->channel, lending->fds, lending->n_fds);
  for (guint i = lending->first_lent; i < lending->n_fds; i++)
    if (lending->fds[i] >= 0)
      close (lending->fds[i]);
  close (lending->channel);
}

static void
send_to_worker (const LinxVisit *visit)
{
  Lending *lending;

  if (!lends_strangers (visit)) {
    linx_fds_send (visit->channel, visit->fds, visit->n_fds);
    return;
  }
  lending = g_new0 (Lending, 1);
  lending->channel = fcntl (visit->channel, F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
  lending->n_fds = visit->n_fds;
  lending->first_lent = visit->n_owned + 1;
  memcpy (lending->fds, visit->fds, sizeof (int) * visit->n_fds);
  g_thread_pool_push (lenders, lending, NULL);
}

/* What the worker had copies of, and the channel, which may hold an answer that came too late:
 * closing may wait for a filesystem. */
static void
let_go (LinxVisit *visit)
{
  if (visit->expired)
    linx_reaper_close (&visit->channel, 1);
  else
    close (visit->channel);
  for (guint i = 0; i < visit->n_owned; i++)
    if (visit->given[i] >= 0)
      linx_reaper_close (&visit->given[i], 1);
}

/* Takes over what the worker answered, or gives it up. */
static gboolean
settle (LinxVisit *visit, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);
  gboolean received = FALSE;

  if (visit->finished)
    received = linx_fds_receive (visit->channel, visit->fds, visit->n_owned,
                                 visit->error == NULL ? &visit->error : NULL);
  else
    expire (visit, error);
  let_go (visit);
  if (visit->expired)
    return FALSE;
  if (visit->error != NULL)
    g_propagate_error (error, with_steps (visit, g_steal_pointer (&visit->error)));
  return visit->result && received;
}

static gboolean
on_answer (int fd, GIOCondition condition, gpointer user_data)
{
  LinxVisit *visit = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&visit->task);
  GError *error = NULL;

  (void)fd;
  (void)condition;
  if (settle (visit, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  return G_SOURCE_REMOVE;
}

static void
wait_for_answer (LinxVisit *visit)
{
  g_autoptr (GSource) source = g_unix_fd_source_new (visit->channel, G_IO_IN);

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, G_SOURCE_FUNC (on_answer), visit, NULL);
  g_source_set_ready_time (source,
                           g_get_monotonic_time () + visit->timeout_ms * G_TIME_SPAN_MILLISECOND);
  g_source_attach (source, NULL);
}

void
linx_workers_visit (LinxVisitFunc func, gpointer data, GDestroyNotify free_data, int *fds,
                    guint n_fds, guint n_owned, guint timeout_ms, GAsyncReadyCallback callback,
                    gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  LinxVisit *visit = g_new0 (LinxVisit, 1);
  GError *error = NULL;
  Worker *worker;

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
  g_task_set_task_data (task, visit, (GDestroyNotify)visit_unref);
  memcpy (visit->given, visit->fds, sizeof (int) * visit->n_fds);
  worker = take_worker (&error);
  if (worker == NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  visit->task = task;
  visit->channel = worker->channel;
  g_atomic_ref_count_inc (&visit->ref);
  g_atomic_pointer_set (&worker->visit, visit);
  send_to_worker (visit);
  wait_for_answer (visit);
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
  lenders = g_thread_pool_new (lend_in_pool, NULL, (int)most_visits, FALSE, NULL);
  parking = g_idle_add (park, NULL);
}
