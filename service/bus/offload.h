/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

/*
 * Offloading: threads for what takes long and waits for nothing: what is large is decoded there,
 * and serialized, not in the main loop. An account has one of them at a time.
 */

/** linx_offload_init: called once, from main(). */
void linx_offload_init (void);

/**
 * linx_offload_run:
 * @account: for whom
 * @begin: (nullable): called with @data in the main loop when it is its turn
 * @func: called with @data on a thread
 * @done: called with @data in the main loop afterwards
 * @data: for all of them
 *
 * For the main loop.
 */
void linx_offload_run (LinxAccount account, void (*begin) (gpointer data),
                       void (*func) (gpointer data), void (*done) (gpointer data), gpointer data);
