/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request/request.h"

/**
 * linx_request_decode:
 * @method: the method that was called
 * @arguments: its arguments, of the signature in the interface description
 * @fds: (nullable): what came with the message
 * @error: InvalidArgs, naming the argument or key
 *
 * Strict: what it does not know it refuses.
 *
 * Returns: (transfer full): the request
 */
LinxRequest *linx_request_decode (const LinxMethod *method, GVariant *arguments,
                                  LinxMessageFds *fds, GError **error);

/**
 * linx_request_decode_again:
 * @request: a request
 * @arguments: arguments to take instead of its own
 * @error: InvalidArgs
 *
 * Returns: (transfer full): the request that they make, of the same message
 */
LinxRequest *linx_request_decode_again (const LinxRequest *request, GVariant *arguments,
                                        GError **error);
