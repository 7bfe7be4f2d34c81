/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"
#include "worker.h"

/**
 * LinxWork:
 * @request: what was asked for; completed, once it is pinned
 * @pins: what it was pinned to
 * @value: (nullable): the reply's value, once it is done
 * @counted: whether it is counted in the bounds; it leaves them when it is freed, for as long as a
 *   worker is stuck with it the caller has it under way
 *
 * What goes to a worker with a call and comes back from it.
 */
typedef struct {
  LinxRequest *request;
  LinxPins *pins;
  GVariant *value;
  gboolean counted;
} LinxWork;

/**
 * linx_work_new:
 * @request: what was asked for
 * @caller: who asks
 *
 * Returns: (transfer full): work of which nothing is done
 */
LinxWork *linx_work_new (LinxRequest *request, LinxCaller *caller);

/** linx_work_free: not for the main loop, see linx_reaper_free(). */
void linx_work_free (LinxWork *work);

/**
 * linx_work_pin:
 *
 * A LinxVisitFunc on a LinxWork: makes sure who calls, opens the namespace, enters it and looks up
 * what was named. For a caller who is asked nothing it also does the work, in the same visit.
 */
gboolean linx_work_pin (LinxVisit *visit, gpointer work, GError **error);

/** linx_work_perform: a LinxVisitFunc on a LinxWork that is pinned and allowed: does it. */
gboolean linx_work_perform (LinxVisit *visit, gpointer work, GError **error);
