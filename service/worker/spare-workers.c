/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/spare-workers.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "worker/async-close.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

/* So many wait at the most: those of a flood go. */
#define MAX_SPARE 32
/* So many are started ahead. */
#define FEW 4
/* Small enough for the C library to keep some for the next ones. */
#define STACK (512 * 1024)

/* A worker is its own, and its taker's until that has its answer. */
struct _LinxSpareWorker {
  gatomicrefcount ref;
  gpointer data; /* set before the first message; NULL: it is to end */
  int channel;   /* the service's end */
};
typedef struct _LinxSpareWorker Worker;

static gboolean (*work_func) (gpointer data);
static __thread gboolean discarded;
static GMutex starting; /* over the slot */
static GMutex lock;     /* over what follows */
static GCond taken;
static Worker *spare[MAX_SPARE];
static guint n_spare;

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

static void
worker_free (gpointer data)
{
  Worker *worker = data;

  close (worker->channel);
  g_free (worker);
}

/* In the service's table, by a thread that has it, and that may wait: for an answer that nobody
 * took. */
void
linx_spare_workers_unref (Worker *worker)
{
  if (g_atomic_ref_count_dec (&worker->ref))
    linx_async_close_free (LINX_ACCOUNT_ROOT, worker, worker_free);
}

static gboolean
add_spare (Worker *worker)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  if (n_spare == MAX_SPARE)
    return FALSE;
  spare[n_spare++] = worker;
  return TRUE;
}

/* Nothing of the last job is left: no descriptor, and no namespace or credentials, for then it is
 * discarded. */
static gboolean
be_spare_again (Worker *worker)
{
  g_atomic_pointer_set (&worker->data, NULL);
  return !discarded && close_range (LINX_SLOT + 2, ~0U, 0) == 0
         && pthread_setname_np (pthread_self (), "linx-spare") == 0 && add_spare (worker);
}

static gboolean
work (Worker *worker)
{
  struct pollfd poll_fd = { .fd = LINX_SLOT, .events = POLLIN };
  gpointer data;

  while (poll (&poll_fd, 1, -1) < 1)
    ;
  data = g_atomic_pointer_get (&worker->data);
  if (data == NULL)
    return FALSE;
  pthread_setname_np (pthread_self (), "linx-worker");
  return work_func (data);
}

static void *
worker_main (void *user_data)
{
  Worker *worker = user_data;
  int err = own_tables ();

  if (err == 0 && !linx_process_open_fd_dir ())
    err = errno;
  pthread_setname_np (pthread_self (), "linx-spare");
  (void)send (LINX_SLOT, &err, sizeof err, MSG_NOSIGNAL);
  if (err != 0)
    return NULL;
  while (work (worker))
    if (!be_spare_again (worker))
      break;
  linx_spare_workers_unref (worker);
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
  pthread_attr_setstacksize (&attr, STACK);
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
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&starting);
  int rc, err = EPIPE;

  dup3 (other_end, LINX_SLOT, O_CLOEXEC);
  rc = start_thread (worker);
  if (rc == 0 && recv (worker->channel, &err, sizeof err, 0) < 0)
    err = errno;
  dup3 (linx_process_proc_fd (), LINX_SLOT, O_CLOEXEC);
  if (rc != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_THREAD, rc, "worker", NULL);
  return err == 0 ? TRUE : linx_error_set (error, LINX_MOUNT_STAGE_UNSHARE, err, "worker", NULL);
}

static Worker *
worker_new (GError **error)
{
  Worker *worker;
  int pair[2];
  gboolean started;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
    linx_error_set (error, LINX_MOUNT_STAGE_PIPE, errno, "worker", NULL);
    return NULL;
  }
  worker = g_new0 (Worker, 1);
  g_atomic_ref_count_init (&worker->ref);
  worker->channel = pair[0];
  started = start_with_slot (worker, pair[1], error);
  close (pair[1]);
  if (started)
    return worker;
  close (worker->channel);
  g_free (worker);
  return NULL;
}

/* Where no worker can be started, who takes one tries again, and hears why. */
static gpointer
keep_spare (gpointer unused)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  gboolean failed = FALSE;

  (void)unused;
  for (;;) {
    Worker *worker;

    while (n_spare >= FEW || failed) {
      g_cond_wait (&taken, &lock);
      failed = FALSE;
    }
    g_mutex_unlock (&lock);
    worker = worker_new (NULL);
    failed = worker == NULL;
    if (worker != NULL && !add_spare (worker))
      shutdown (worker->channel, SHUT_RDWR); /* it hears the end */
    g_mutex_lock (&lock);
  }
  return NULL;
}

/* One whose last answer has been taken: it may be a spare one again before that. */
static Worker *
take_spare (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  for (guint i = n_spare; i-- > 0;) {
    Worker *worker = spare[i];

    if (!g_atomic_ref_count_compare (&worker->ref, 1))
      continue;
    spare[i] = spare[--n_spare];
    if (n_spare < FEW)
      g_cond_signal (&taken);
    return worker;
  }
  g_cond_signal (&taken);
  return NULL;
}

Worker *
linx_spare_workers_take (gpointer data, GError **error)
{
  Worker *worker = take_spare ();

  if (worker == NULL)
    worker = worker_new (error);
  if (worker == NULL)
    return NULL;
  g_atomic_ref_count_inc (&worker->ref);
  g_atomic_pointer_set (&worker->data, data);
  return worker;
}

int
linx_spare_workers_channel (const Worker *worker)
{
  return worker->channel;
}

void
linx_spare_workers_discard_current (void)
{
  discarded = TRUE;
}

void
linx_spare_workers_init (gboolean (*func) (gpointer data))
{
  work_func = func;
  g_thread_unref (g_thread_new ("linx-spawner", keep_spare, NULL));
}
