/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

#include <gio/gio.h>

/*
 * The message filter: how many messages of a user get as far as the main loop, where everybody
 * waits behind them, and how large they are together. Those over the bound of its calls, and those
 * of a user who does not read (bus/unread.h), are refused in GDBus's thread.
 */

/** LinxFilterState: what becomes of a user's messages. */
typedef enum {
  LINX_FILTER_PASSES,  /* they are let by */
  LINX_FILTER_REFUSES, /* they are refused */
  LINX_FILTER_DROPS,   /* they are dropped without an answer */
} LinxFilterState;

/**
 * LinxAnswers:
 * @name: a connection that sends messages
 * @bytes: about how many bytes GDBus, or the message filter, have answered it since this was told
 * last
 */
typedef struct {
  char *name;
  gsize bytes;
} LinxAnswers;

void linx_answers_free (LinxAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxAnswers, linx_answers_free)

/** linx_message_filter_add: puts the message filter before all that comes from @bus. */
void linx_message_filter_add (GDBusConnection *bus);

/**
 * linx_message_filter_on_answers:
 * @func: told, in the main loop, now and then; takes what it is told over
 */
void linx_message_filter_on_answers (void (*func) (LinxAnswers *answers));

/** linx_message_filter_set: what becomes of the messages of @account from now on. */
void linx_message_filter_set (LinxAccount account, LinxFilterState state);

/** linx_message_filter_know: from now on the messages of the connection @name are counted as
 * @account's; before, as an account of its own. */
void linx_message_filter_know (const char *name, LinxAccount account);

/** linx_message_filter_is_of_nobody: whether the bus could not say whose the connection @name is.
 */
gboolean linx_message_filter_is_of_nobody (const char *name);

/** linx_message_filter_forget: @name has vanished. */
void linx_message_filter_forget (const char *name);

/** linx_message_filter_account_of: whose the messages of the connection @name are. @is_known:
 * (out): whether that is known yet; if not, its account is one of its own. */
LinxAccount linx_message_filter_account_of (const char *name, gboolean *is_known);

/** linx_message_filter_known_account_of: likewise; nobody's where that is not known yet. The bus is
 * root. */
LinxAccount linx_message_filter_known_account_of (const char *name);

/** linx_message_filter_refuse: answers the call @serial of @sender, which is dropped unread, with
 * LimitsExceeded and @why, as far as the message filter answers it anything. For GDBus's thread. */
void linx_message_filter_refuse (const char *sender, guint32 serial, const char *why);
