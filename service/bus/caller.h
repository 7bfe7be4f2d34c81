/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

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
