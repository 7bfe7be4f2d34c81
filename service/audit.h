/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"
#include "details.h"

/**
 * linx_audit:
 * @caller: (nullable): who called; %NULL: not known
 * @details: what was asked for
 * @error: (nullable): how it ended; %NULL: it was done
 *
 * Writes the one line that the journal gets of a privileged call.
 */
void linx_audit (const LinxCaller *caller, const LinxDetails *details, const GError *error);
