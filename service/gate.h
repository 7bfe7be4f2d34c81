/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/*
 * The gate: how many messages of a user get as far as the main loop, where everybody waits behind
 * them. Those over the bound of its calls, and those of a user who does not read (backlog.h), are
 * refused in GDBus's thread.
 */

/* Whose the connections are of which the bus cannot say it. */
#define LINX_GATE_NOBODY ((uid_t)-1)

/** LinxGateState: what becomes of a user's messages. */
typedef enum {
  LINX_GATE_OPEN,    /* they are let by */
  LINX_GATE_REFUSES, /* they are refused */
  LINX_GATE_SILENT,  /* they are dropped without an answer */
} LinxGateState;

/**
 * LinxAnswers:
 * @name: a connection that sends messages
 * @bytes: about how many bytes GDBus, or the gate, have answered it since this was told last
 */
typedef struct {
  char *name;
  gsize bytes;
} LinxAnswers;

void linx_answers_free (LinxAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxAnswers, linx_answers_free)

/** linx_gate_filter: puts the gate before all that comes from @bus. */
void linx_gate_filter (GDBusConnection *bus);

/**
 * linx_gate_on_answers:
 * @func: told, in the main loop, now and then; takes what it is told over
 */
void linx_gate_on_answers (void (*func) (LinxAnswers *answers));

/** linx_gate_set: what becomes of the messages of @uid from now on. */
void linx_gate_set (uid_t uid, LinxGateState state);

/** linx_gate_know: from now on the messages of the connection @name are counted as @uid's; before,
 * as its own, or nobody's. */
void linx_gate_know (const char *name, uid_t uid);

/** linx_gate_is_of_nobody: whether the bus could not say whose the connection @name is. */
gboolean linx_gate_is_of_nobody (const char *name);

/** linx_gate_forget: @name has vanished. */
void linx_gate_forget (const char *name);
