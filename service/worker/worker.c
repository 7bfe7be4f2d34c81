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
#define MOST_STEPS_SHOWN 2000

struct _LinxVisit {
  gatomicrefcount ref;
  LinxVisitFunc func;
  gpointer data;
  GDestroyNotify free_data;
  int *fds; /* inside data: the worker's, its numbers, from when it is taken until it is done */
  guint n_fds;
  guint n_owned; /* of these, from the first on; the others stay the lender's */
  guint timeout_ms;
  gint64 start; /* monotonic */

  GTask *task;  /* NULL once it is answered, or too late */
  GSource *end; /* of its time, while there is a task */
  LinxParked *worker;
  int channel; /* to it */

  GMutex lock;            /* over all that follows */
  gboolean expired;       /* the service no longer waits */
  gboolean finished;      /* the worker is done, and result is set */
  const char *committing; /* the step in the kernel now */
  GString *done;          /* the steps that stand */
  gboolean result;
  gboolean gives_back; /* descriptors, by the channel */
  GError *error;

  int given[]; /* what was in fds, by the service's numbers */
};

static GList *under_way; /* of LinxVisit */
static guint most_ms = G_MAXUINT;
static GAsyncQueue *answered; /* of LinxVisit: each time, the bell is rung */

static void
visit_unref (LinxVisit *visit)
{
  if (!g_atomic_ref_count_dec (&visit->ref))
    return;
  if (visit->data != NULL)
    visit->free_data (visit->data);
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

/* Whether the service still waits for it. */
static gboolean
fetch (LinxVisit *visit, GError **error)
{
  gboolean ok = linx_fds_receive (LINX_SLOT, visit->fds, visit->n_fds, error);
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);

  return ok && !visit->expired;
}

/* What the worker has of the service's: none of its numbers may stay in what is the service's
 * again. The lock is held. */
static void
take_out (LinxVisit *visit, int *own)
{
  for (guint i = 0; i < visit->n_fds; i++) {
    own[i] = visit->fds[i];
    visit->fds[i] = -1;
    visit->gives_back = visit->gives_back || (i < visit->n_owned && own[i] >= 0);
  }
}

/* Whether the channel may be used again. */
static gboolean
give_back (const LinxVisit *visit, const int *own)
{
  if (!visit->gives_back || linx_fds_send (LINX_SLOT, own, visit->n_owned))
    return TRUE;
  shutdown (LINX_SLOT, SHUT_RDWR); /* the service finds the end */
  return FALSE;
}

/* The visit belongs to the main loop from here on. */
static void
ring (LinxVisit *visit)
{
  const guint64 once = 1;

  g_async_queue_push (answered, visit);
  if (write (linx_process_bell (), &once, sizeof once) < 0)
    g_assert (errno == EAGAIN); /* it rings already */
}

/* What a worker does with a visit. Whether it may be used again: it is back, and its channel holds
 * no answer that nobody takes. */
static gboolean
perform (gpointer user_data)
{
  LinxVisit *visit = user_data;
  int own[LINX_MOST_FDS];
  GError *error = NULL;
  gboolean fetched = fetch (visit, &error);
  gboolean ok = fetched && visit->func (visit, visit->data, &error);
  gboolean back, clean;

  /* Its root and working directory would keep mounts of the namespace busy until the thread is
   * gone. */
  back = setns (linx_process_self_mnt_ns (), CLONE_NEWNS) == 0;
  g_mutex_lock (&visit->lock);
  take_out (visit, own);
  visit->finished = TRUE;
  clean = fetched && back && !visit->expired;
  visit->result = ok;
  visit->error = error;
  g_mutex_unlock (&visit->lock);
  /* What is still open is closed by this thread, when it is parked or gone: a close that hangs,
   * hangs only here. */
  clean = give_back (visit, own) && clean;
  ring (visit);
  return clean;
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

/* The worker, and what it had copies of: closing may wait for a filesystem. */
static void
let_go (LinxVisit *visit)
{
  g_clear_pointer (&visit->worker, linx_parking_unref);
  linx_reaper_close (visit->given, visit->n_owned);
}

/* Takes over what the worker answered, or gives it up. */
static gboolean
settle (LinxVisit *visit, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&visit->lock);
  gboolean received = TRUE;

  if (!visit->finished)
    expire (visit, error);
  else if (visit->gives_back)
    received = linx_fds_receive (visit->channel, visit->fds, visit->n_owned,
                                 visit->error == NULL ? &visit->error : NULL);
  let_go (visit);
  if (visit->expired)
    return FALSE;
  if (visit->error != NULL)
    g_propagate_error (error, with_steps (visit, g_steal_pointer (&visit->error)));
  return visit->result && received;
}

/* It is answered, or too late. */
static void
end (LinxVisit *visit)
{
  g_autoptr (GTask) task = g_steal_pointer (&visit->task);
  GError *error = NULL;

  under_way = g_list_remove (under_way, visit);
  g_source_destroy (visit->end);
  if (settle (visit, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
on_late (gpointer visit)
{
  end (visit);
  return G_SOURCE_REMOVE;
}

static gboolean
on_bell (int bell, GIOCondition condition, gpointer user_data)
{
  guint64 times;
  LinxVisit *visit;

  (void)condition;
  (void)user_data;
  if (read (bell, &times, sizeof times) < 0)
    return G_SOURCE_CONTINUE;
  while ((visit = g_async_queue_try_pop (answered)) != NULL) {
    if (visit->task != NULL)
      end (visit);
    visit_unref (visit);
  }
  return G_SOURCE_CONTINUE;
}

static void
wait_for_answer (LinxVisit *visit)
{
  g_autoptr (GSource) source = g_timeout_source_new (visit->timeout_ms);

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, on_late, visit, NULL);
  under_way = g_list_prepend (under_way, visit);
  visit->end = source;
  g_source_attach (source, NULL);
}

void
linx_workers_visit (LinxVisitFunc func, gpointer data, GDestroyNotify free_data, int *fds,
                    guint n_fds, guint n_owned, guint timeout_ms, GAsyncReadyCallback callback,
                    gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  LinxVisit *visit = g_malloc0 (sizeof (LinxVisit) + sizeof (int) * n_fds);
  GError *error = NULL;

  g_assert (n_fds <= LINX_MOST_FDS && n_owned <= n_fds);
  g_atomic_ref_count_init (&visit->ref);
  visit->func = func;
  visit->data = data;
  visit->free_data = free_data;
  visit->fds = fds;
  visit->n_fds = n_fds;
  visit->n_owned = n_owned;
  visit->timeout_ms = MIN (timeout_ms, most_ms);
  visit->start = g_get_monotonic_time ();
  visit->done = g_string_new (NULL);
  g_mutex_init (&visit->lock);
  g_task_set_task_data (task, visit, (GDestroyNotify)visit_unref);
  memcpy (visit->given, visit->fds, sizeof (int) * visit->n_fds);
  g_atomic_ref_count_inc (&visit->ref);
  visit->worker = linx_parking_take (visit, &error);
  if (visit->worker == NULL) {
    visit_unref (visit);
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  visit->channel = linx_parking_channel (visit->worker);
  visit->task = task;
  linx_lending_send (visit->channel, visit->given, visit->n_fds, visit->n_owned + 1);
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
linx_workers_hurry (guint ms)
{
  gint64 now = g_get_monotonic_time ();

  most_ms = ms;
  for (GList *l = under_way; l != NULL; l = l->next) {
    LinxVisit *visit = l->data;
    guint used_ms = (guint)((now - visit->start) / G_TIME_SPAN_MILLISECOND);

    visit->timeout_ms = MIN (visit->timeout_ms, used_ms + ms);
    g_source_set_ready_time (visit->end,
                             visit->start + visit->timeout_ms * G_TIME_SPAN_MILLISECOND);
  }
}

/* One bell for all: a source for each channel would have the main loop wake itself, and turn once
 * more, whenever one comes or goes (g_main_context_add_poll()). So would this one at each ring,
 * were it blocked meanwhile. */
static void
hang_bell (void)
{
  g_autoptr (GSource) source = g_unix_fd_source_new (linx_process_bell (), G_IO_IN);

  g_source_set_priority (source, G_PRIORITY_HIGH); /* before what has not begun */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_callback (source, G_SOURCE_FUNC (on_bell), NULL, NULL);
  g_source_attach (source, NULL);
}

void
linx_workers_init (guint most_visits)
{
  answered = g_async_queue_new ();
  hang_bell ();
  linx_lending_init (most_visits);
  linx_parking_init (perform);
}
