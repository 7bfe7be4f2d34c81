/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/**
 * LinxDetails:
 *
 * A request and what it was pinned to, in words: the one description that polkit's rules, the
 * prompt and the journal get. All keys are always there, "" for what was not given, in a fixed
 * order; values are canonical, with control bytes escaped and secrets left out.
 */
typedef struct _LinxDetails LinxDetails;

/**
 * linx_details_new:
 * @request: the request
 * @pins: (nullable): what it was pinned to; %NULL, or the parts that could not be: ""
 *
 * Returns: (transfer full): the description
 */
LinxDetails *linx_details_new (const LinxRequest *request, const LinxPins *pins);

/**
 * linx_details_ref:
 *
 * It never changes, and any thread may hold it.
 */
LinxDetails *linx_details_ref (LinxDetails *details);
void linx_details_unref (LinxDetails *details);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxDetails, linx_details_unref)

/**
 * LinxDetailFunc:
 * @key: a key
 * @value: its value
 * @user_data: data
 */
typedef void (*LinxDetailFunc) (const char *key, const char *value, gpointer user_data);

/** linx_details_get: (transfer none): the value of a key. */
const char *linx_details_get (const LinxDetails *details, const char *key);

/**
 * linx_details_foreach:
 * @details: what is to be done
 * @place: (nullable): a path of the host: the same thing done there, where it appears by
 * propagation
 * @func: called for each key, in order
 * @user_data: for @func
 */
void linx_details_foreach (const LinxDetails *details, const char *place, LinxDetailFunc func,
                           gpointer user_data);
