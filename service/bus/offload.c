/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/offload.h"
#include "quota/fair-queue.h"

#define MAX_THREADS 4

typedef struct {
  LinxAccount account;
  void (*begin) (gpointer data);
  void (*func) (gpointer data);
  void (*done) (gpointer data);
  gpointer data;
} Job;

static GThreadPool *pool; /* of Job */
static LinxFairQueue queue = LINX_FAIR_QUEUE_INIT (1);

static gboolean
end (gpointer data)
{
  const Job *job = data;

  linx_fair_queue_end (&queue, job->account);
  job->done (job->data);
  return G_SOURCE_REMOVE;
}

static void
run (gpointer data, gpointer unused)
{
  Job *job = data;

  (void)unused;
  job->func (job->data);
  g_idle_add_full (G_PRIORITY_DEFAULT, end, job, g_free);
}

static void
start (gpointer data)
{
  Job *job = data;

  if (job->begin != NULL)
    job->begin (job->data);
  g_thread_pool_push (pool, job, NULL);
}

void
linx_offload_run (LinxAccount account, void (*begin) (gpointer data), void (*func) (gpointer data),
                  void (*done) (gpointer data), gpointer data)
{
  Job *job = g_new (Job, 1);

  *job = (Job){ account, begin, func, done, data };
  linx_fair_queue_take (&queue, account, start, job);
}

void
linx_offload_init (void)
{
  pool = g_thread_pool_new (run, NULL, MAX_THREADS, FALSE, NULL);
}
