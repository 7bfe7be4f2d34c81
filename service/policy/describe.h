/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "policy/details.h"
#include "request/request.h"

/**
 * linx_describe:
 * @request: the request
 * @pins: (nullable): what it was pinned to; %NULL, or the parts that could not be: ""
 *
 * Returns: (transfer full): the description
 */
LinxDetails *linx_describe (const LinxRequest *request, const LinxPins *pins);
