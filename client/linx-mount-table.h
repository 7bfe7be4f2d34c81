/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-client.h"
#include "linx-mount-options.h"

G_BEGIN_DECLS

/* What reads the mount table. */

/**
 * linx_mount_client_list_mounts:
 * @client: a client
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Reads the mount table. Each row is a structure of one dictionary. Blocks until it is done.
 *
 * Returns: (transfer full): the rows, of type `a(a{sv})`, or %NULL with @error set
 *
 * Since: 0.1
 */
GVariant *linx_mount_client_list_mounts (LinxMountClient *client, LinxMountOptions *options,
                                         GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_list_mounts_async:
 * @client: a client
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_list_mounts() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_list_mounts_async (LinxMountClient *client, LinxMountOptions *options,
                                          GCancellable *cancellable, GAsyncReadyCallback callback,
                                          gpointer user_data);

/**
 * linx_mount_client_list_mounts_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: (transfer full): the rows, of type `a(a{sv})`, or %NULL with @error set
 *
 * Since: 0.1
 */
GVariant *linx_mount_client_list_mounts_finish (LinxMountClient *client, GAsyncResult *result,
                                                GError **error);

/**
 * linx_mount_client_open_mount_info:
 * @client: a client
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Opens the kernel's mountinfo file of the namespace. Blocks until it is done.
 *
 * Returns: a descriptor, the caller's to close, or -1 with @error set
 *
 * Since: 0.1
 */
int linx_mount_client_open_mount_info (LinxMountClient *client, LinxMountOptions *options,
                                       GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_open_mount_info_async:
 * @client: a client
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_open_mount_info() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_open_mount_info_async (LinxMountClient *client, LinxMountOptions *options,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_open_mount_info_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: a descriptor, the caller's to close, or -1 with @error set
 *
 * Since: 0.1
 */
int linx_mount_client_open_mount_info_finish (LinxMountClient *client, GAsyncResult *result,
                                              GError **error);

/**
 * linx_mount_client_watch:
 * @client: a client
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Has the caller told of changes of the table, by the signals of linx_mount_client_get_manager(),
 * which come in the thread-default main context in which @client was made. Blocks until it is
 * done.
 *
 * Returns: the number of the watch, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_watch (LinxMountClient *client, LinxMountOptions *options,
                                 GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_watch_async:
 * @client: a client
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_watch() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_watch_async (LinxMountClient *client, LinxMountOptions *options,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * linx_mount_client_watch_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: the number of the watch, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_watch_finish (LinxMountClient *client, GAsyncResult *result,
                                        GError **error);

/**
 * linx_mount_client_unwatch:
 * @client: a client
 * @watch: the number of a watch
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Ends a watch. Blocks until it is done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_unwatch (LinxMountClient *client, guint64 watch,
                                    GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_unwatch_async:
 * @client: a client
 * @watch: the number of a watch
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_unwatch() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_unwatch_async (LinxMountClient *client, guint64 watch,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);

/**
 * linx_mount_client_unwatch_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_unwatch_finish (LinxMountClient *client, GAsyncResult *result,
                                           GError **error);

/**
 * linx_mount_client_can:
 * @client: a client
 * @method: a method of the interface, "Umount" for instance
 * @words: (array zero-terminated=1) (element-type filename) (nullable): its string arguments, in
 *   their order
 * @mount: the descriptor of AttachMount; else -1
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Asks whether a call would be allowed, without making it. Blocks until it is done.
 *
 * Returns: (transfer full): "yes", "no" or "challenge", or %NULL with @error set
 *
 * Since: 0.1
 */
char *linx_mount_client_can (LinxMountClient *client, const char *method, const char *const *words,
                             int mount, LinxMountOptions *options, GCancellable *cancellable,
                             GError **error);

/**
 * linx_mount_client_can_async:
 * @client: a client
 * @method: a method of the interface, "Umount" for instance
 * @words: (array zero-terminated=1) (element-type filename) (nullable): its string arguments, in
 *   their order
 * @mount: the descriptor of AttachMount; else -1
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_can() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_can_async (LinxMountClient *client, const char *method,
                                  const char *const *words, int mount, LinxMountOptions *options,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data);

/**
 * linx_mount_client_can_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: (transfer full): "yes", "no" or "challenge", or %NULL with @error set
 *
 * Since: 0.1
 */
char *linx_mount_client_can_finish (LinxMountClient *client, GAsyncResult *result, GError **error);

G_END_DECLS
