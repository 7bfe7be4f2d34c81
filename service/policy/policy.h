/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "policy/authorize.h"
#include "request/request.h"

/*
 * Policy: which permissions a call needs, and what may be told of it. The answers are polkit's.
 */

/**
 * linx_policy_checks:
 * @request: what is asked for
 * @pins: what it was pinned to, or what could be
 * @details: the same in words
 *
 * Returns: (transfer full) (element-type LinxCheck): what polkit must all allow, the verb's own
 *   action first; for each place of the host where it appears too, the same actions once more, with
 *   that place for the target
 */
GPtrArray *linx_policy_checks (const LinxRequest *request, const LinxPins *pins,
                               LinxDetails *details);

/**
 * linx_policy_is_seen:
 * @request: what is asked for
 * @pins: what it was pinned to, or what could be
 *
 * Returns: whether all that was looked up the caller could have looked up without the service.
 * Where not, how many actions it takes, and what becomes of the later ones, is not for it to know
 */
gboolean linx_policy_is_seen (const LinxRequest *request, const LinxPins *pins);

/**
 * linx_policy_may_tell:
 * @request: what is asked for
 * @caller: who asks
 * @pins: (nullable): what could be pinned; %NULL: the worker was given up, and nobody knows what
 * the namespace is but by its name
 *
 * Returns: whether an error of pin may be told before anybody is asked: where the caller could have
 *   found it out without the service, for its own mount namespace and root were looked into
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
