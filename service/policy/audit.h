/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"
#include "policy/details.h"

/*
 * The audit: one line in the journal for each privileged call, in the order in which they ended. It
 * is written on a thread of its own: no caller waits for the journal, and no journal stops the
 * service. What one user's calls may fill the journal with is bounded (policy/audit-quota.h), and
 * so is what is shown of each value (policy/audit-value.h): a line says what was left out, and
 * whose it was.
 */

/** linx_audit_init: starts the thread. Called once, from main(). */
void linx_audit_init (void);

/** linx_audit_is_behind: whether so many lines wait that no more calls are to be taken. */
gboolean linx_audit_is_behind (void);

/** linx_audit_finish: waits until all is written, at the end of the service. */
void linx_audit_finish (void);

/**
 * linx_audit:
 * @caller: (nullable): who called; %NULL: not known
 * @details: (transfer full): what was asked for
 * @error: (nullable): how it ended; %NULL: it was done
 */
void linx_audit (LinxCaller *caller, LinxDetails *details, const GError *error);
