/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "worker/async-close.h"
#include "worker/fd-passing.h"
#include "worker/spare-workers.h"
#include "worker/worker-fds.h"

#include <errno.h>
#include <glib-unix.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a list of steps gets, in bytes: of a large tree, unmounting each mount is one. */
#define MAX_STEPS_SHOWN 2000

struct _LinxJob {
  gatomicrefcount ref;
  LinxJobFunc func;
  gpointer data;
  GDestroyNotify free_data;
  LinxFdPlacesFunc find_places; /* in data: the worker's numbers, from when it is taken until it is
                                   done */
  guint n_fds;                  /* that went to the worker */
  guint n_own;                  /* of these */
  guint n_back;                 /* that come back */
  guint timeout_ms;
  gint64 start; /* monotonic */

  GTask *task;  /* NULL once it is answered, or too late */
  GSource *end; /* of its time, while there is a task */
  LinxSpareWorker *worker;
  int channel; /* to it */

  GMutex lock;            /* over all that follows */
  gboolean expired;       /* the service no longer waits */
  gboolean finished;      /* the worker is done, and result is set */
  const char *committing; /* the step in the kernel now */
  GString *done;          /* the steps that stand */
  gboolean result;
  gboolean gives_back; /* descriptors, by the channel */
  GError *error;

  int given[]; /* what stood there, by the service's numbers */
};

static GList *under_way; /* of LinxJob */
static guint most_ms = G_MAXUINT;
static GAsyncQueue *answered; /* of LinxJob: each time, there is a wakeup */

static void
job_unref (LinxJob *job)
{
  if (!g_atomic_ref_count_dec (&job->ref))
    return;
  if (job->data != NULL)
    job->free_data (job->data);
  g_clear_error (&job->error);
  g_string_free (job->done, TRUE);
  g_mutex_clear (&job->lock);
  g_free (job);
}

gboolean
linx_job_commit (LinxJob *job, const char *step, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&job->lock);

  if (job->expired) {
    g_set_error_literal (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT, "abandoned");
    return FALSE;
  }
  job->committing = step;
  return TRUE;
}

void
linx_job_committed (LinxJob *job, gboolean done)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&job->lock);

  if (done && job->done->len < MAX_STEPS_SHOWN)
    g_string_append_printf (job->done, "%s%s", job->done->len > 0 ? ", " : "", job->committing);
  else if (done && !g_str_has_suffix (job->done->str, "..."))
    g_string_append (job->done, ", ...");
  job->committing = NULL;
}

/* Fails the job for good if the worker did not return in time. The lock is held. */
static void
expire (LinxJob *job, GError **error)
{
  const char *done = job->done->len > 0 ? job->done->str : "nothing";

  job->expired = TRUE;
  if (job->committing != NULL)
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN,
                 "no end after %u ms: stuck in %s; done before it: %s", job->timeout_ms,
                 job->committing, done);
  else if (job->done->len > 0)
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN,
                 "no end after %u ms: done: %s; nothing more will be", job->timeout_ms, done);
  else
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT,
                 "no end after %u ms: nothing was done, nothing will be", job->timeout_ms);
}

/* Whether the service still waits for it. */
static gboolean
fetch (LinxJob *job, GError **error)
{
  LinxFdPlaces places = { .n = 0 };
  int fds[LINX_MAX_FDS];
  gboolean ok = linx_fds_receive (LINX_SLOT, fds, job->n_fds, error);

  job->find_places (job->data, &places);
  linx_fd_places_set (&places, fds, job->n_fds);

  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&job->lock);

  return ok && !job->expired;
}

/* What the worker has of the service's: none of its numbers may stay in what is the service's
 * again. The lock is held. */
static void
take_out (LinxJob *job, int *own)
{
  LinxFdPlaces places = { .n = 0 };

  job->find_places (job->data, &places);
  job->n_back = places.n_until[LINX_FD_OWN];
  linx_fd_places_get (&places, own, job->n_back);
  linx_fd_places_clear (&places);
  for (guint i = 0; i < job->n_back; i++)
    job->gives_back = job->gives_back || own[i] >= 0;
}

/* Whether the channel may be used again. */
static gboolean
give_back (const LinxJob *job, const int *own)
{
  if (!job->gives_back || linx_fds_send (LINX_SLOT, own, job->n_back))
    return TRUE;
  shutdown (LINX_SLOT, SHUT_RDWR); /* the service finds the end */
  return FALSE;
}

/* The job belongs to the main loop from here on. */
static void
wake_up (LinxJob *job)
{
  const guint64 once = 1;

  g_async_queue_push (answered, job);
  if (write (linx_process_wakeup_fd (), &once, sizeof once) < 0)
    g_assert (errno == EAGAIN); /* it is awake already */
}

/* What a worker does with a job. Whether it may be used again: it is back, and its channel holds
 * no answer that nobody takes. */
static gboolean
perform (gpointer user_data)
{
  LinxJob *job = user_data;
  int own[LINX_MAX_FDS];
  GError *error = NULL;
  gboolean fetched = fetch (job, &error);
  gboolean ok = fetched && job->func (job, job->data, &error);
  gboolean back, clean;

  /* Its root and working directory would keep mounts of the namespace busy until the thread is
   * gone. */
  back = setns (linx_process_self_mnt_ns (), CLONE_NEWNS) == 0;
  g_mutex_lock (&job->lock);
  take_out (job, own);
  job->finished = TRUE;
  clean = fetched && back && !job->expired;
  job->result = ok;
  job->error = error;
  g_mutex_unlock (&job->lock);
  /* What is still open is closed by this thread, when it is spare or gone: a close that hangs,
   * hangs only here. */
  clean = give_back (job, own) && clean;
  wake_up (job);
  return clean;
}

/* A call of several steps that failed says which of them stand. */
static GError *
with_steps (const LinxJob *job, GError *error)
{
  g_autofree char *text = NULL;

  if (job->done->len == 0)
    return error;
  text = g_strdup_printf ("%s; done before it: %s", error->message, job->done->str);
  g_free (error->message);
  error->message = g_steal_pointer (&text);
  return error;
}

/* The worker, and what it had copies of: closing may wait for a filesystem. */
static void
let_go (LinxJob *job)
{
  g_clear_pointer (&job->worker, linx_spare_workers_unref);
  linx_async_close_fd (job->given, job->n_own);
}

/* Whether what the worker gives back came. */
static gboolean
take_back (LinxJob *job)
{
  LinxFdPlaces places = { .n = 0 };
  int fds[LINX_MAX_FDS];
  gboolean ok
      = linx_fds_receive (job->channel, fds, job->n_back, job->error == NULL ? &job->error : NULL);

  job->find_places (job->data, &places);
  linx_fd_places_set (&places, fds, job->n_back);
  return ok;
}

/* Takes over what the worker answered, or gives it up. */
static gboolean
settle (LinxJob *job, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&job->lock);
  gboolean received = TRUE;

  if (!job->finished)
    expire (job, error);
  else if (job->gives_back)
    received = take_back (job);
  let_go (job);
  if (job->expired)
    return FALSE;
  if (job->error != NULL)
    g_propagate_error (error, with_steps (job, g_steal_pointer (&job->error)));
  return job->result && received;
}

/* It is answered, or too late. */
static void
end (LinxJob *job)
{
  g_autoptr (GTask) task = g_steal_pointer (&job->task);
  GError *error = NULL;

  under_way = g_list_remove (under_way, job);
  g_source_destroy (job->end);
  if (settle (job, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
on_late (gpointer job)
{
  end (job);
  return G_SOURCE_REMOVE;
}

static gboolean
on_wakeup (int wakeup, GIOCondition condition, gpointer user_data)
{
  guint64 times;
  LinxJob *job;

  (void)condition;
  (void)user_data;
  if (read (wakeup, &times, sizeof times) < 0)
    return G_SOURCE_CONTINUE;
  while ((job = g_async_queue_try_pop (answered)) != NULL) {
    if (job->task != NULL)
      end (job);
    job_unref (job);
  }
  return G_SOURCE_CONTINUE;
}

static void
wait_for_answer (LinxJob *job)
{
  g_autoptr (GSource) source = g_timeout_source_new (job->timeout_ms);

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, on_late, job, NULL);
  under_way = g_list_prepend (under_way, job);
  job->end = source;
  g_source_attach (source, NULL);
}

static LinxJob *
job_new (LinxJobFunc func, gpointer data, GDestroyNotify free_data, LinxFdPlacesFunc find_places,
         const LinxFdPlaces *places)
{
  LinxJob *job = g_malloc0 (sizeof (LinxJob) + sizeof (int) * places->n);

  g_atomic_ref_count_init (&job->ref);
  job->func = func;
  job->data = data;
  job->free_data = free_data;
  job->find_places = find_places;
  job->n_fds = places->n;
  job->n_own = places->n_until[LINX_FD_OWN];
  job->start = g_get_monotonic_time ();
  job->done = g_string_new (NULL);
  g_mutex_init (&job->lock);
  linx_fd_places_get (places, job->given, job->n_fds);
  return job;
}

void
linx_workers_run (LinxJobFunc func, gpointer data, GDestroyNotify free_data,
                  LinxFdPlacesFunc find_places, guint timeout_ms, GAsyncReadyCallback callback,
                  gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  LinxFdPlaces places = { .n = 0 };
  GError *error = NULL;
  LinxJob *job;

  find_places (data, &places);
  job = job_new (func, data, free_data, find_places, &places);
  job->timeout_ms = MIN (timeout_ms, most_ms);
  g_task_set_task_data (task, job, (GDestroyNotify)job_unref);
  g_atomic_ref_count_inc (&job->ref);
  job->worker = linx_spare_workers_take (job, &error);
  if (job->worker == NULL) {
    job_unref (job);
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  job->channel = linx_spare_workers_channel (job->worker);
  job->task = task;
  linx_worker_fds_send (job->channel, job->given, job->n_fds, places.n_until[LINX_FD_LENT]);
  wait_for_answer (job);
}

gboolean
linx_workers_run_finish (GAsyncResult *result, gpointer *data, GError **error)
{
  LinxJob *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&job->lock);

  *data = job->expired ? NULL : g_steal_pointer (&job->data);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
linx_workers_hurry (guint ms)
{
  gint64 now = g_get_monotonic_time ();

  most_ms = ms;
  for (GList *l = under_way; l != NULL; l = l->next) {
    LinxJob *job = l->data;
    guint used_ms = (guint)((now - job->start) / G_TIME_SPAN_MILLISECOND);

    job->timeout_ms = MIN (job->timeout_ms, used_ms + ms);
    g_source_set_ready_time (job->end, job->start + job->timeout_ms * G_TIME_SPAN_MILLISECOND);
  }
}

/* One wakeup for all: a source for each channel would have the main loop wake itself, and turn once
 * more, whenever one comes or goes (g_main_context_add_poll()). So would this one at each wakeup,
 * were it blocked meanwhile. */
static void
watch_wakeups (void)
{
  g_autoptr (GSource) source = g_unix_fd_source_new (linx_process_wakeup_fd (), G_IO_IN);

  g_source_set_priority (source, G_PRIORITY_HIGH); /* before what has not begun */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_callback (source, G_SOURCE_FUNC (on_wakeup), NULL, NULL);
  g_source_attach (source, NULL);
}

void
linx_workers_init (guint max_jobs)
{
  answered = g_async_queue_new ();
  watch_wakeups ();
  linx_worker_fds_init (max_jobs);
  linx_spare_workers_init (perform);
}
