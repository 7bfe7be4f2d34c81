/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "account.h"

#include <gio/gio.h>

/*
 * Callers: who they are comes from the bus, never from an argument.
 */

/**
 * LinxCaller:
 * @name: unique bus name
 * @uid: user id, from the bus
 * @account: to whom all that it has under way is counted
 * @groups: (array length=n_groups): group ids, from the bus
 * @pid: process id, from the bus; @pidfd says whether it still is that process's
 * @pidfd: the process that opened the connection
 * @gone: (cancellable): cancelled when the name vanishes
 *
 * One connection of the bus. Everything but @gone stays as it was at first sight.
 */
typedef struct {
  gatomicrefcount ref;
  char *name;
  uid_t uid;
  LinxAccount account;
  gid_t *groups;
  gsize n_groups;
  pid_t pid;
  int pidfd;
  GCancellable *gone;
} LinxCaller;

LinxCaller *linx_caller_ref (LinxCaller *caller);
void linx_caller_unref (LinxCaller *caller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxCaller, linx_caller_unref)

/**
 * linx_caller_get:
 * @bus: the system bus
 * @name: a unique name
 * @callback: called in the main context
 * @user_data: for @callback
 *
 * Asks the bus who @name is: once for as long as the name lives.
 */
void linx_caller_get (GDBusConnection *bus, const char *name, GAsyncReadyCallback callback,
                      gpointer user_data);

/** linx_caller_identify: linx_caller_get(), for what is no call of @name's: it has no bound. */
void linx_caller_identify (GDBusConnection *bus, const char *name, GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * linx_caller_find:
 * @name: a unique name
 *
 * Returns: (transfer full) (nullable): the caller, if it is known already
 */
LinxCaller *linx_caller_find (const char *name);

/**
 * linx_caller_get_finish:
 * @result: the result
 * @error: OpenNs.ESRCH where the caller is gone; LimitsExceeded where as many of its calls as a
 * user may have under way wait for the same
 *
 * Returns: (transfer full): the caller
 */
LinxCaller *linx_caller_get_finish (GAsyncResult *result, GError **error);

/**
 * linx_callers_init:
 * @bus: the system bus
 * @error: where the error goes
 *
 * From now on the service hears of callers that leave.
 */
gboolean linx_callers_init (GDBusConnection *bus, GError **error);

/** linx_callers_clear: forgets all callers, at the end of the service. */
void linx_callers_clear (void);

/**
 * LinxCallerState:
 * @privileged: whether it is uid 0 with CAP_SYS_ADMIN in effect in the initial user namespace; a
 *   uid 0 without it may do nothing at all
 * @initial: whether it is in the initial user namespace
 * @gid: its filesystem group id
 *
 * What a caller is now.
 */
typedef struct {
  gboolean privileged;
  gboolean initial;
  gid_t gid;
} LinxCallerState;

/**
 * linx_caller_verify:
 * @caller: a caller
 * @pidfd: the worker's copy of its pidfd
 * @state: (out): what it is now
 * @error: OpenNs.ESRCH where its process has ended, or no longer is the bus's uid in all of its
 *   four (a setuid program on somebody's connection)
 *
 * For a worker, at the start of each call.
 */
gboolean linx_caller_verify (const LinxCaller *caller, int pidfd, LinxCallerState *state,
                             GError **error);
