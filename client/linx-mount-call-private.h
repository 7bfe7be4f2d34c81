/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-client.h"
#include "linx-mount-options.h"

#include <gio/gunixfdlist.h>

/**
 * LinxMountCall:
 * @method: a method of the interface
 * @words: (nullable): its string arguments, in their order, with a %NULL at the end
 * @mount: the descriptor that is its first argument; -1: none
 * @options: (nullable): its options
 * @tuple: (transfer floating) (nullable): its arguments, for a method without options
 * @only_ask: call Can with it
 *
 * One call, whatever the method.
 */
typedef struct {
  const char *method;
  const char *const *words;
  int mount;
  LinxMountOptions *options;
  GVariant *tuple;
  gboolean only_ask;
} LinxMountCall;

/**
 * linx_mount_call_sync:
 * @client: a client
 * @call: what to call
 * @fds: (out) (optional) (transfer full): the descriptors of the reply
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Returns: (transfer full): the reply, or %NULL with @error set
 */
GVariant *linx_mount_call_sync (LinxMountClient *client, const LinxMountCall *call,
                                GUnixFDList **fds, GCancellable *cancellable, GError **error);

/** linx_mount_call_async: the same without blocking. */
void linx_mount_call_async (LinxMountClient *client, const LinxMountCall *call,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);

/** linx_mount_call_finish: (transfer full): the reply, or %NULL with @error set */
GVariant *linx_mount_call_finish (LinxMountClient *client, GAsyncResult *result, GUnixFDList **fds,
                                  GError **error);

/* What a reply holds. Each takes one over, which is %NULL where the call failed. */

/** linx_mount_reply_number: its number, or 0 */
guint64 linx_mount_reply_number (GVariant *reply);

/** linx_mount_reply_fd: (transfer full): its descriptor, or -1; takes over @fds too */
int linx_mount_reply_fd (GVariant *reply, GUnixFDList *fds, GError **error);

/** linx_mount_reply_value: (transfer full): its value, or %NULL */
GVariant *linx_mount_reply_value (GVariant *reply);

/** linx_mount_reply_string: (transfer full): its string, or %NULL */
char *linx_mount_reply_string (GVariant *reply);

/** linx_mount_reply_done: whether there was one */
gboolean linx_mount_reply_done (GVariant *reply);
