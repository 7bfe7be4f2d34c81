/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

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

/**
 * linx_request_take_handle:
 * @request: a request
 * @key: an argument or key
 * @value: its value, of type h
 * @fd: (out): the descriptor, the message's own
 * @error: InvalidArgs, naming it
 */
gboolean linx_request_take_handle (LinxRequest *request, const char *key, GVariant *value, int *fd,
                                   GError **error);

/**
 * linx_request_check_path:
 * @name: an argument or key
 * @path: its value
 * @error: InvalidArgs, naming it
 *
 * Returns: whether @path is absolute, not empty and not too long
 */
gboolean linx_request_check_path (const char *name, const char *path, GError **error);
