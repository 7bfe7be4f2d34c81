/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Turns: polkit answers one question after the other, so of those that no person is asked each user
 * has one there at a time, and a user who asks much waits behind itself. For the main loop alone.
 */

/**
 * linx_turns_take:
 * @uid: whose
 * @func: called with @data when it is @uid's turn, perhaps at once
 * @data: for @func
 *
 * Each turn ends with linx_turns_end().
 */
void linx_turns_take (uid_t uid, void (*func) (gpointer data), gpointer data);
void linx_turns_end (uid_t uid);
