/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/**
 * linx_attach_ready:
 * @job: the job
 * @request: says whether to make a placeholder
 * @pins: the target
 * @error: Resolve.ESTALE, Create.*
 *
 * Looks the target up once more, and makes it if it is to be made.
 */
gboolean linx_attach_ready (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                            GError **error);

/**
 * linx_attach_check_kind:
 * @request: says whether a target is to be made, and which
 * @pins: the target
 * @mode: (in): what is to be mounted: its type
 * @error: MoveMount.ENOTDIR
 *
 * Whether it can go there: the kernel has the same EINVAL for this as for all else, and only after
 * a placeholder was made.
 */
gboolean linx_attach_check_kind (const LinxRequest *request, const LinxPins *pins, guint mode,
                                 GError **error);

/**
 * linx_attach_move:
 * @request: says whether onto or beneath
 * @mount: a mount
 * @target: where it goes
 *
 * Returns: what move_mount(2) does, with errno
 */
int linx_attach_move (const LinxRequest *request, int mount, int target);

/**
 * linx_attach:
 * @job: the job
 * @request: says whether to make a placeholder
 * @pins: the target, looked up once more
 * @mount: a detached mount, ready to be seen
 * @error: Resolve.ESTALE, Create.*, MoveMount.*
 *
 * Puts @mount in place. The last look at the target is the last thing before it.
 */
gboolean linx_attach (LinxJob *job, const LinxRequest *request, LinxPins *pins, int mount,
                      GError **error);
