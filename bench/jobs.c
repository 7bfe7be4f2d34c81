/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"
#include "source/filesystem-types.h"
#include "kernel/features.h"
#include "kernel/process.h"
#include "worker/async-close.h"
#include "tools.h"
#include "mount/utab.h"
#include "request/request-decode.h"
#include "work.h"

#include <sys/pidfd.h>
#include <unistd.h>

static LinxCaller *self;

void
bench_jobs_init (void)
{
  g_autoptr (GError) error = NULL;

  if (!linx_process_init (&error))
    bench_die ("process", error->message);
  linx_features_probe ();
  linx_filesystem_types_init ();
  linx_utab_init ();
  linx_async_close_init (1);
  linx_workers_init (1);
  self = g_new0 (LinxCaller, 1);
  g_atomic_ref_count_init (&self->ref);
  self->name = g_strdup ("this process");
  self->uid = getuid ();
  self->groups = g_new0 (gid_t, 1);
  self->n_groups = 1;
  self->pid = getpid ();
  self->pidfd = bench_check (pidfd_open (self->pid, 0), "pidfd_open");
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean *done = user_data;
  LinxWork *work;

  (void)source;
  if (!linx_workers_run_finish (result, (gpointer *)&work, &error))
    bench_die ("job", error->message);
  if (work->value == NULL)
    bench_die ("job", "root would be asked");
  linx_work_free (work);
  *done = TRUE;
}

void
bench_job (const char *method, GVariant *arguments)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (arguments);
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxRequest) request
      = linx_request_decode (linx_method_find (method), owned, NULL, &error);
  gboolean done = FALSE;
  LinxWork *work;

  if (request == NULL)
    bench_die (method, error->message);
  work = linx_work_new (request, self);
  linx_workers_run (linx_work_pin, work, (GDestroyNotify)linx_work_free, linx_work_find_places,
                    request->timeout_ms, on_done, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}
