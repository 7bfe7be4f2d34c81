/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/**
 * linx_propagation_set:
 * @job: the job
 * @mount: a mount, by its root
 * @recursive: with all below it
 * @propagation: MS_PRIVATE and its kin (mount(2))
 * @path: what to call it in the error
 * @error: Propagation.*
 *
 * Returns: whether it was done
 */
gboolean linx_propagation_set (LinxJob *job, int mount, gboolean recursive, int propagation,
                               const char *path, GError **error);

/**
 * linx_propagation_last_step:
 * @job: the job
 * @request: maybe a propagation word beside the operation, as mount(8) takes it
 * @pins: the target, for the error
 * @mount: the mount, in place
 * @error: Propagation.*
 *
 * Changes how a mount that was just put in place propagates: after that, for the mount it is put on
 * decides how it propagates at first.
 */
gboolean linx_propagation_last_step (LinxJob *job, const LinxRequest *request, const LinxPins *pins,
                                     int mount, GError **error);
