/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/quota.h"

/*
 * Bounds on what callers may have under way. Over one the answer is LimitsExceeded, at once.
 * For the main loop alone.
 */

/* What a call may bring: two long paths and all else. The details that polkit gets hold it several
 * times, escaped, and the bus cuts off who sends it more than 32 MiB. */
#define LINX_MAX_ARGUMENT_BYTES 65536

/* Each change is sent to each of them. */
#define LINX_MAX_WATCHES 2048

/** linx_limits_options: (transfer none): the command line's options that set them. */
const GOptionEntry *linx_limits_options (void);

/** linx_limits_check_options: sets the bounds, where they make sense. @error: which one does not */
gboolean linx_limits_check_options (GError **error);

guint linx_limits_calls (void);
guint linx_limits_calls_of_user (void);

/** linx_limits_calls_of_root: more than a user's: container engines make theirs all at once. */
guint linx_limits_calls_of_root (void);
guint linx_limits_watches_of_user (void);

/** linx_limits_enter_call: counts a call in. @error: LimitsExceeded */
gboolean linx_limits_enter_call (LinxAccount account, GError **error);
void linx_limits_leave_call (LinxAccount account);

/** linx_limits_enter_close: counts what is left to close of a call that has its answer; calls of
 * who has too many such are refused. */
void linx_limits_enter_close (LinxAccount account);
void linx_limits_leave_close (LinxAccount account);

/** linx_limits_calls_under_way: those that have their answer, and whose worker is
 * stuck, or whose descriptors are not closed, too. */
guint linx_limits_calls_under_way (void);

/**
 * linx_limits_enter_check:
 * @account: who is asked about
 * @interactive: whether a person may be asked, for minutes: there is always place for others
 * @error: LimitsExceeded
 *
 * Counts a polkit check in.
 */
gboolean linx_limits_enter_check (LinxAccount account, gboolean interactive, GError **error);
void linx_limits_leave_check (LinxAccount account, gboolean interactive);
