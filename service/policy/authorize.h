/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/check.h"
#include "quota/account.h"

#include <gio/gio.h>

/** LinxVerdict: what polkit says; in ascending order of what a caller of Can is told instead. */
typedef enum {
  LINX_VERDICT_YES,
  LINX_VERDICT_CHALLENGE,
  LINX_VERDICT_NO,
} LinxVerdict;

/**
 * LinxQuestion:
 * @sender: the caller's unique bus name
 * @account: to whom it is counted
 * @checks: (element-type LinxCheck): what must all be allowed
 * @interactive: whether a person may be asked
 * @first_alone: whether it ends with the first check that is not a yes: what becomes of the others
 * is not for the caller to know
 * @process: a pidfd, or -1: the process that names the namespace; what is held of that is let go of
 * when it ends
 * @gone: cancelled when the caller leaves: that takes the prompt away
 *
 * What polkit is asked, in one go for all checks.
 */
typedef struct {
  const char *sender;
  LinxAccount account;
  const GPtrArray *checks;
  gboolean interactive;
  gboolean first_alone;
  int process;
  GCancellable *gone;
} LinxQuestion;

/**
 * linx_authorize:
 * @question: copied as far as it is needed
 * @callback: called in the main context
 * @user_data: for @callback
 *
 * Asks for each check in turn, until one is refused for good, for five minutes at most: what was
 * approved is not to lie around for longer.
 */
void linx_authorize (const LinxQuestion *question, GAsyncReadyCallback callback,
                     gpointer user_data);

/**
 * linx_authorize_finish:
 * @result: the result
 * @verdict: (out): the strictest of the answers
 * @error: NotAuthorized, NotAuthorizedDismissed or InteractiveAuthorizationRequired, in words for
 *   the caller; an error and a vanished polkit or caller are refusals. Timeout: nobody answered.
 *   OpenNs.ESRCH: the process has ended meanwhile
 *
 * Returns: whether all of it was allowed
 */
gboolean linx_authorize_finish (GAsyncResult *result, LinxVerdict *verdict, GError **error);

/** linx_authorize_give_up: answers all that is asked with Timeout. */
void linx_authorize_give_up (void);

/** linx_authorize_clear: forgets polkit, at the end of the service. */
void linx_authorize_clear (void);
