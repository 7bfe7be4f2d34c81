/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-error.h"
#include "worker/fd-places.h"

#include <gio/gio.h>

/*
 * Workers: where the service meets a filesystem.
 *
 * A job is one function that runs on a worker: a thread that shares neither root, working directory
 * nor file descriptors with the service, and that is used again only if it has nothing left of the
 * last one (see worker/spare-workers.h). What it can get stuck on holds nothing of the service: not
 * the bus socket, not another call's descriptor. It counts as one of its caller's calls until the
 * kernel lets it go.
 */

typedef struct _LinxJob LinxJob;

/**
 * LinxJobFunc:
 * @job: the job
 * @data: the job's data; the function owns it while it runs
 * @error: where the error goes
 *
 * Runs on the worker. It may enter other namespaces; it must not exec, dlopen, use NSS or a locale,
 * and must return (pthread_exit() would load libgcc_s from the root it is in).
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
typedef gboolean (*LinxJobFunc) (LinxJob *job, gpointer data, GError **error);

/**
 * linx_workers_init:
 * @max_jobs: how many jobs may be under way at once
 *
 * Called once, from main(), after linx_process_init().
 */
void linx_workers_init (guint max_jobs);

/**
 * linx_workers_run:
 * @func: what to run
 * @data: (transfer full): its data. If the job runs out of time the worker keeps it, and frees it
 *   whenever the kernel lets it go
 * @free_data: frees @data, from any thread: hands on what may take its time
 * (linx_async_close_free())
 * @places: (nullable): where the descriptors in @data are. The worker has its own copies there
 * @timeout_ms: after how many milliseconds the service stops waiting
 * @callback: called in the main context
 * @user_data: for @callback
 */
void linx_workers_run (LinxJobFunc func, gpointer data, GDestroyNotify free_data,
                       LinxFdPlacesFunc places, guint timeout_ms, GAsyncReadyCallback callback,
                       gpointer user_data);

/**
 * linx_workers_run_finish:
 * @result: the result
 * @data: (out) (transfer full) (nullable): the job's data back, also where the function failed;
 *   %NULL if the job ran out of time
 * @error: the function's error, Timeout or TimeoutUncertain
 *
 * Returns: what the function returned
 */
gboolean linx_workers_run_finish (GAsyncResult *result, gpointer *data, GError **error);

/**
 * linx_workers_hurry:
 * @ms: how long the service still waits
 *
 * From now on no job gets more time than that, those under way included.
 */
void linx_workers_hurry (guint ms);

/**
 * linx_job_commit:
 * @job: the job
 * @step: what is about to be done, for the error of a job that runs out of time
 * @error: Timeout, if the service no longer waits: then nothing more may be done
 *
 * Called just before EACH system call that changes something that others see.
 *
 * Returns: whether to go on
 */
gboolean linx_job_commit (LinxJob *job, const char *step, GError **error);

/**
 * linx_job_committed:
 * @job: the job
 * @done: whether the step was done; %FALSE: the kernel refused it
 *
 * Called right after the system call that linx_job_commit() announced.
 */
void linx_job_committed (LinxJob *job, gboolean done);
