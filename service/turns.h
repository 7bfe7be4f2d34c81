/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Turns: of what polkit is asked each user has a few questions there at a time, and a user who asks
 * much waits behind itself. For the main loop alone.
 */

/**
 * LinxTurns:
 * @most: how many turns a user has at a time
 */
typedef struct {
  guint most;
  GHashTable *users; /* uid -> who has turns, or waits for one */
} LinxTurns;

/**
 * linx_turns_take:
 * @turns: of what kind
 * @uid: whose
 * @func: called with @data when it is @uid's turn, perhaps at once
 * @data: for @func
 *
 * Each turn ends with linx_turns_end().
 */
void linx_turns_take (LinxTurns *turns, uid_t uid, void (*func) (gpointer data), gpointer data);
void linx_turns_end (LinxTurns *turns, uid_t uid);
