/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request/request.h"

/**
 * linx_request_decode_keys:
 * @request: a request whose verb is known
 * @dictionary: its option dictionary
 * @error: InvalidArgs, naming the key
 *
 * Takes each key into its field.
 */
gboolean linx_request_decode_keys (LinxRequest *request, GVariant *dictionary, GError **error);

/**
 * linx_request_check_keys:
 * @request: a request that an option word made another verb than the method that was called
 * @dictionary: its option dictionary
 * @error: InvalidArgs, naming the key
 *
 * Returns: whether all keys are keys of that verb too
 */
gboolean linx_request_check_keys (const LinxRequest *request, GVariant *dictionary, GError **error);
