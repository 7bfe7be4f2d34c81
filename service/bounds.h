/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Bounds on what callers may have under way. Over one the answer is LimitsExceeded, at once.
 * For the main loop alone.
 */

#define LINX_MOST_CALLS 256
#define LINX_MOST_CALLS_OF_UID 32
/* dbus-daemon holds at most 128 replies pending for one connection (max_replies_per_connection). */
#define LINX_MOST_CHECKS 64

/** linx_bounds_enter_call: counts a call in. @error: LimitsExceeded */
gboolean linx_bounds_enter_call (GError **error);
void linx_bounds_leave_call (void);

/** linx_bounds_enter_uid: counts the call in for its caller's uid too. @error: LimitsExceeded */
gboolean linx_bounds_enter_uid (uid_t uid, GError **error);
void linx_bounds_leave_uid (uid_t uid);

/** linx_bounds_enter_check: counts a polkit check in. @error: LimitsExceeded */
gboolean linx_bounds_enter_check (GError **error);
void linx_bounds_leave_check (void);
