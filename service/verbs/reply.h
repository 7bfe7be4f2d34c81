/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/**
 * linx_reply_id:
 * @mount: a mount
 *
 * Returns: (transfer floating): the reply of a method that returns the id of a new mount
 */
GVariant *linx_reply_id (int mount);

/**
 * linx_reply_placed:
 * @job: the job
 * @request: what was asked for
 * @pins: where it is
 * @mount: a new mount, in place
 * @error: Propagation.*
 *
 * What is left to do: its last step, and its record.
 *
 * Returns: (transfer floating) (nullable): the reply
 */
GVariant *linx_reply_placed (LinxJob *job, const LinxRequest *request, const LinxPins *pins,
                             int mount, GError **error);

/**
 * linx_reply_changed:
 * @request: a request that was about a mount that was there before
 * @mount: that mount
 *
 * Returns: (transfer floating): "()"; of Mount, which an option made another verb, its id
 */
GVariant *linx_reply_changed (const LinxRequest *request, int mount);
