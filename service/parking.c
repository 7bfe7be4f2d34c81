/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parking.h"
#include "linx-error.h"
#include "process.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#define MOST_PARKED 8
/* Few enough that not each call wakes who parks more. */
#define FEW 4
/* Small enough for the C library to keep some for the next ones. */
#define STACK (512 * 1024)

/* A worker until it is taken. */
typedef struct {
  gpointer data; /* set before the first message */
  int channel;
} Worker;

static void (*work_func) (gpointer data);
static GMutex starting; /* over the slot */
static GMutex lock;     /* over what follows */
static GCond taken;
static Worker *parked[MOST_PARKED];
static guint n_parked;

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

static void *
worker_main (void *user_data)
{
  Worker *worker = user_data;
  struct pollfd poll_fd = { .fd = LINX_SLOT, .events = POLLIN };
  int err = own_tables ();
  gpointer data;

  linx_process_open_fd_dir ();
  pthread_setname_np (pthread_self (), "linx-parked");
  (void)send (LINX_SLOT, &err, sizeof err, MSG_NOSIGNAL);
  if (err != 0)
    return NULL;
  while (poll (&poll_fd, 1, -1) < 1)
    ;
  pthread_setname_np (pthread_self (), "linx-worker");
  data = g_atomic_pointer_get (&worker->data);
  g_free (worker);
  work_func (data);
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
keep_parked (gpointer unused)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  gboolean failed = FALSE;

  (void)unused;
  for (;;) {
    Worker *worker;

    while (n_parked == MOST_PARKED || failed) {
      g_cond_wait (&taken, &lock);
      failed = FALSE;
    }
    g_mutex_unlock (&lock);
    worker = worker_new (NULL);
    g_mutex_lock (&lock);
    failed = worker == NULL;
    if (worker != NULL)
      parked[n_parked++] = worker;
  }
  return NULL;
}

static Worker *
take_parked (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  if (n_parked <= FEW)
    g_cond_signal (&taken);
  return n_parked > 0 ? parked[--n_parked] : NULL;
}

int
linx_parking_take (gpointer data, GError **error)
{
  Worker *worker = take_parked ();
  int channel;

  if (worker == NULL)
    worker = worker_new (error);
  if (worker == NULL)
    return -1;
  channel = worker->channel;
  g_atomic_pointer_set (&worker->data, data);
  return channel;
}

void
linx_parking_init (void (*work) (gpointer data))
{
  work_func = work;
  g_thread_unref (g_thread_new ("linx-parking", keep_parked, NULL));
}
