/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"
#include "worker.h"

/**
 * linx_attach_ready:
 * @visit: the visit
 * @request: says whether to make a placeholder
 * @pins: the target
 * @error: Resolve.ESTALE, Create.*
 *
 * Looks the target up once more, and makes it if it is to be made.
 */
gboolean linx_attach_ready (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                            GError **error);

/**
 * linx_attach:
 * @visit: the visit
 * @request: says whether to make a placeholder
 * @pins: the target, looked up once more
 * @mount: a detached mount, ready to be seen
 * @error: Resolve.ESTALE, Create.*, MoveMount.*
 *
 * Puts @mount in place. The last look at the target is the last thing before it.
 */
gboolean linx_attach (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, int mount,
                      GError **error);
