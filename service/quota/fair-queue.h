/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

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
  GHashTable *users; /* account -> who has turns, or waits for one */
} LinxTurns;

/**
 * linx_turns_take:
 * @turns: of what kind
 * @account: whose
 * @func: called with @data when it is @account's turn, perhaps at once
 * @data: for @func
 *
 * Each turn ends with linx_turns_end().
 */
void linx_turns_take (LinxTurns *turns, LinxAccount account, void (*func) (gpointer data),
                      gpointer data);
void linx_turns_end (LinxTurns *turns, LinxAccount account);
