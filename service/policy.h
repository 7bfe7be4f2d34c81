/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"

/*
 * Policy: which permissions a call needs, and what may be told of it. The answers are polkit's.
 */

/**
 * linx_policy_actions:
 * @request: what is asked for
 * @pins: what it was pinned to, or what could be
 *
 * Returns: (transfer full) (element-type utf8): ids of the polkit actions that are all needed, the
 *   verb's own first, and %NULL at the end
 */
GPtrArray *linx_policy_actions (const LinxRequest *request, const LinxPins *pins);

/**
 * linx_policy_may_tell:
 * @request: what is asked for
 * @caller: who asks
 * @pins: (nullable): what could be pinned; %NULL: the worker was given up, and nobody knows what
 * the namespace is but by its name
 *
 * Returns: whether an error of pin may be told before anybody is asked: where the caller could have
 *   found it out without the service
 */
gboolean linx_policy_may_tell (const LinxRequest *request, const LinxCaller *caller,
                               const LinxPins *pins);

/**
 * linx_policy_is_audited:
 * @request: what is asked for
 * @pins: (nullable): what it was pinned to
 *
 * Returns: whether the journal gets a line of it. Reading one's own table, and asking (Can), needs
 * no privilege
 */
gboolean linx_policy_is_audited (const LinxRequest *request, const LinxPins *pins);
