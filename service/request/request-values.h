/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request/request.h"

/* Values: what stands in a dictionary or an argument, and is more than a string. */

/**
 * linx_request_wrong_type:
 * @key: an argument or key
 * @wanted: what it must be
 * @value: what it is
 * @error: InvalidArgs, naming it
 *
 * Returns: %FALSE
 */
gboolean linx_request_wrong_type (const char *key, const char *wanted, GVariant *value,
                                  GError **error);

/**
 * linx_request_get_unsigned:
 * @key: an argument or key
 * @value: an integer of any type
 * @number: (out): its value
 * @error: InvalidArgs, naming it: no integer, or negative
 */
gboolean linx_request_get_unsigned (const char *key, GVariant *value, guint64 *number,
                                    GError **error);

/**
 * linx_request_take_where:
 * @request: a request
 * @key: a key
 * @value: the name of a namespace, in any of its forms
 * @field: (type LinxWhere): gets it
 * @error: InvalidArgs, naming it
 */
gboolean linx_request_take_where (LinxRequest *request, const char *key, GVariant *value,
                                  gpointer field, GError **error);

/** linx_request_take_process: the same for a process or a user namespace: no name and no path. */
gboolean linx_request_take_process (LinxRequest *request, const char *key, GVariant *value,
                                    gpointer field, GError **error);

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
