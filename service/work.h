/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "policy/details.h"
#include "request/request.h"
#include "worker/worker.h"

/** LinxWorkCount: what it is counted as in the bounds. */
typedef enum {
  LINX_WORK_NOT,
  LINX_WORK_CALL,  /* it has no answer, or a worker is stuck with it */
  LINX_WORK_CLOSE, /* it has its answer, and descriptors that are not closed yet */
} LinxWorkCount;

/**
 * LinxWork:
 * @request: what was asked for; completed, once it is pinned
 * @pins: what it was pinned to
 * @value: (nullable): the reply's value, once it is done
 * @details: (nullable): what polkit is asked with, and the journal told: as of the last job
 * @count: as what it is in the bounds, which it leaves when it is freed
 *
 * What goes to a worker with a call and comes back from it.
 */
typedef struct {
  LinxRequest *request;
  LinxPins *pins;
  GVariant *value;
  LinxDetails *details;
  LinxWorkCount count;
} LinxWork;

/**
 * linx_work_new:
 * @request: what was asked for
 * @caller: who asks
 *
 * Returns: (transfer full): work of which nothing is done
 */
LinxWork *linx_work_new (LinxRequest *request, LinxCaller *caller);

/** linx_work_find_places: a LinxFdPlacesFunc, on a LinxWork. */
void linx_work_find_places (gpointer work, LinxFdPlaces *places);

/** linx_work_free: leaves what may wait for a filesystem to the asynchronous close; from any
 * thread. */
void linx_work_free (LinxWork *work);

/**
 * linx_work_answered:
 *
 * Called just before its call is answered, in the main loop: whoever has its answer may call again.
 * What is still to be closed counts by itself.
 */
void linx_work_answered (LinxWork *work);

/**
 * linx_work_pin:
 *
 * A LinxJobFunc on a LinxWork: makes sure who calls, opens the namespace, enters it and looks up
 * what was named. For a caller who is asked nothing it also does the work, in the same job.
 */
gboolean linx_work_pin (LinxJob *job, gpointer work, GError **error);

/** linx_work_perform: a LinxJobFunc on a LinxWork that is pinned and allowed: does it. */
gboolean linx_work_perform (LinxJob *job, gpointer work, GError **error);
