/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/details.h"

#define POLKIT_AGENT_I_KNOW_API_IS_SUBJECT_TO_CHANGE
#include <polkit/polkit.h>

/** LinxCheck: one action, with the details that a rule sees. */
typedef struct _LinxCheck LinxCheck;

/**
 * linx_check_new:
 * @action: a polkit action's id
 * @details: what is to be done
 * @place: (nullable): where in the host it appears, and is to be allowed too
 * @message: (nullable): a message id of the gettext domain "linx-mount" that a prompt shows instead
 *   of the action's own
 *
 * What polkit is told is put together when it is asked.
 *
 * Returns: (transfer full): the check
 */
LinxCheck *linx_check_new (const char *action, LinxDetails *details, const char *place,
                           const char *message);

LinxCheck *linx_check_ref (LinxCheck *check);
void linx_check_unref (LinxCheck *check);

/** linx_check_action: (transfer none): the action's id. */
const char *linx_check_action (const LinxCheck *check);

/**
 * linx_check_details:
 * @check: a check
 * @interactive: whether a person may be asked, who is shown the details as people read them
 *
 * Returns: (transfer full): what polkit is told
 */
PolkitDetails *linx_check_details (const LinxCheck *check, gboolean interactive);
