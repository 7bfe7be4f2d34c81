/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request/request.h"

/**
 * linx_request_decode_arguments:
 * @request: a request whose dictionary is decoded
 * @arguments: what was called with
 * @error: InvalidArgs, naming the argument
 *
 * Takes the arguments before the dictionary, and what of the options makes it another method.
 */
gboolean linx_request_decode_arguments (LinxRequest *request, GVariant *arguments, GError **error);
