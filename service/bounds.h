/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Bounds on what callers may have under way. Over one the answer is LimitsExceeded, at once.
 * For the main loop alone.
 */

/* Each change is sent to each of them. */
#define LINX_MOST_WATCHES 2048

/** linx_bounds_options: (transfer none): the command line's options that set them. */
const GOptionEntry *linx_bounds_options (void);

/** linx_bounds_check_options: whether the bounds make sense. @error: which one does not */
gboolean linx_bounds_check_options (GError **error);

guint linx_bounds_calls (void);
guint linx_bounds_calls_of_user (void);
guint linx_bounds_watches_of_user (void);

/** linx_bounds_enter_call: counts a call in, for its caller's uid too. The last eighth of all is
 * root's. @error: LimitsExceeded */
gboolean linx_bounds_enter_call (uid_t uid, GError **error);
void linx_bounds_leave_call (uid_t uid);

/** linx_bounds_calls_under_way: those that have their answer, and whose worker is stuck, too. */
guint linx_bounds_calls_under_way (void);

/**
 * linx_bounds_enter_check:
 * @interactive: whether a person may be asked, for minutes: there is always place for others
 * @error: LimitsExceeded
 *
 * Counts a polkit check in.
 */
gboolean linx_bounds_enter_check (gboolean interactive, GError **error);
void linx_bounds_leave_check (void);
