/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"

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

void linx_details_free (LinxDetails *details);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxDetails, linx_details_free)

/**
 * LinxDetailFunc:
 * @key: a key
 * @value: its value
 * @user_data: data
 */
typedef void (*LinxDetailFunc) (const char *key, const char *value, gpointer user_data);

/** linx_details_foreach: calls @func for each key, in order. */
void linx_details_foreach (const LinxDetails *details, LinxDetailFunc func, gpointer user_data);
