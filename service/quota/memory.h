/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

/*
 * Memory: what calls hold of mount tables, and of the rows that they make of them.
 *
 * A little each may hold. Who needs more waits, on its worker, until there is room for the most
 * that a call may hold: as it has nothing that another one waits for, each gets it in the end. When
 * it has all that it needs the rest is given back.
 */

/* What a call may hold without asking, and at the most. */
#define LINX_MEMORY_OF_ANY_CALL (256 << 10)
#define LINX_MEMORY_OF_CALL (96 << 20)
#define LINX_MEMORY_OF_USER (128 << 20)
#define LINX_MEMORY_OF_ALL (768 << 20)

/**
 * LinxMemory:
 * @account: whose call it is
 * @bytes: how much it holds
 * @reserved: how much it may hold
 */
typedef struct {
  LinxAccount account;
  gsize bytes;
  gsize reserved;
} LinxMemory;

/** linx_memory_init: called once, from main(). */
void linx_memory_init (void);

/** linx_memory_use: what this worker takes from now on is @memory's, or with %NULL nobody's. */
void linx_memory_use (LinxMemory *memory);

/**
 * linx_memory_take:
 * @bytes: how much more it is about to hold
 * @error: LimitsExceeded: more than a call may
 *
 * For a worker. It may wait.
 */
gboolean linx_memory_take (gsize bytes, GError **error);

/** linx_memory_give_back: holds so much less, on the same worker. */
void linx_memory_give_back (gsize bytes);

/** linx_memory_settle: it needs no more than it holds. From any thread. */
void linx_memory_settle (LinxMemory *memory);

/** linx_memory_clear: it holds nothing more. */
void linx_memory_clear (LinxMemory *memory);
