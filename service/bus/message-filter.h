/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

#include <gio/gio.h>

/*
 * The gate: how many messages of a user get as far as the main loop, where everybody waits behind
 * them, and how large they are together. Those over the bound of its calls, and those of a user who
 * does not read (backlog.h), are refused in GDBus's thread.
 */

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

/** linx_gate_set: what becomes of the messages of @account from now on. */
void linx_gate_set (LinxAccount account, LinxGateState state);

/** linx_gate_know: from now on the messages of the connection @name are counted as @account's;
 * before, as an account of its own. */
void linx_gate_know (const char *name, LinxAccount account);

/** linx_gate_is_of_nobody: whether the bus could not say whose the connection @name is. */
gboolean linx_gate_is_of_nobody (const char *name);

/** linx_gate_forget: @name has vanished. */
void linx_gate_forget (const char *name);

/** linx_gate_account_of: whose the messages of the connection @name are. @is_known: (out): whether
 * that is known yet; if not, its account is one of its own. */
LinxAccount linx_gate_account_of (const char *name, gboolean *is_known);

/** linx_gate_known_account_of: likewise; nobody's where that is not known yet. The bus is root. */
LinxAccount linx_gate_known_account_of (const char *name);

/** linx_gate_refuse: answers the call @serial of @sender, which is dropped unread, with
 * LimitsExceeded and @why, as far as the gate answers it anything. For GDBus's thread. */
void linx_gate_refuse (const char *sender, guint32 serial, const char *why);
