/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"
#include "watch/monitor.h"

/*
 * Bounds of watches: how many there are, whose, and of how many namespaces. For the main loop
 * alone.
 */

/* The kernel has 128 groups of fanotify for all of root's programs (fs.fanotify.max_user_groups).
 */
#define LINX_MAX_NAMESPACES_WATCHED 64
#define LINX_NAMESPACES_FOR_ROOT 16
/* It takes more than a few users to leave none but to newcomers, of whom there is place for eight.
 */
#define LINX_MAX_NAMESPACES_OF_USER 8
/* Calls of Watch under way, each with a group of fanotify of its own. */
#define LINX_MAX_WATCH_CALLS 32
#define LINX_WATCH_CALLS_FOR_ROOT 16
#define LINX_MAX_WATCH_CALLS_OF_USER 8

/** linx_watch_limits_init: called once, after the command line is read. */
void linx_watch_limits_init (void);
void linx_watch_limits_clear (void);

/**
 * linx_watch_limits_check:
 * @caller: who wants another watch
 * @parts: (nullable): of which namespace, where that is known
 * @error: LimitsExceeded
 */
gboolean linx_watch_limits_check (const LinxCaller *caller, const LinxMonitorParts *parts,
                                  GError **error);

/** linx_watch_limits_add: counts a watch of @caller in. @inode: its namespace */
void linx_watch_limits_add (const LinxCaller *caller, guint64 inode);
void linx_watch_limits_remove (const LinxCaller *caller, guint64 inode);

/** linx_watch_check: linx_watch_limits_check(), for what is not open yet. */
gboolean linx_watch_check (const LinxCaller *caller, GError **error);

/**
 * linx_watch_enter:
 * @caller: who wants one
 * @error: LimitsExceeded
 *
 * Counts a call of Watch in, until linx_watch_leave(): before it costs anything.
 */
gboolean linx_watch_enter (const LinxCaller *caller, GError **error);
void linx_watch_leave (const LinxCaller *caller);
