/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-client.h"
#include "linx-mount-options.h"

G_BEGIN_DECLS

/* Mounts that are nowhere yet, as descriptors (fsmount(2), open_tree(2)). */

/**
 * linx_mount_client_create_mount:
 * @client: a client
 * @source: (type filename): as for linx_mount_client_mount()
 * @fstype: filesystem type
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Makes a filesystem, and a mount of it that is nowhere yet. Blocks until it is done.
 *
 * Returns: a descriptor, the caller's to close, or -1 with @error set
 *
 * Since: 0.1
 */
int linx_mount_client_create_mount (LinxMountClient *client, const char *source, const char *fstype,
                                    LinxMountOptions *options, GCancellable *cancellable,
                                    GError **error);

/**
 * linx_mount_client_create_mount_async:
 * @client: a client
 * @source: (type filename): as for linx_mount_client_mount()
 * @fstype: filesystem type
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_create_mount() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_create_mount_async (LinxMountClient *client, const char *source,
                                           const char *fstype, LinxMountOptions *options,
                                           GCancellable *cancellable, GAsyncReadyCallback callback,
                                           gpointer user_data);

/**
 * linx_mount_client_create_mount_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: a descriptor, the caller's to close, or -1 with @error set
 *
 * Since: 0.1
 */
int linx_mount_client_create_mount_finish (LinxMountClient *client, GAsyncResult *result,
                                           GError **error);

/**
 * linx_mount_client_clone_mount:
 * @client: a client
 * @source: (type filename): as for linx_mount_client_bind()
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Clones what is at @source, as a mount that is nowhere yet. Blocks until it is done.
 *
 * Returns: a descriptor, the caller's to close, or -1 with @error set
 *
 * Since: 0.1
 */
int linx_mount_client_clone_mount (LinxMountClient *client, const char *source,
                                   LinxMountOptions *options, GCancellable *cancellable,
                                   GError **error);

/**
 * linx_mount_client_clone_mount_async:
 * @client: a client
 * @source: (type filename): as for linx_mount_client_bind()
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_clone_mount() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_clone_mount_async (LinxMountClient *client, const char *source,
                                          LinxMountOptions *options, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_clone_mount_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: a descriptor, the caller's to close, or -1 with @error set
 *
 * Since: 0.1
 */
int linx_mount_client_clone_mount_finish (LinxMountClient *client, GAsyncResult *result,
                                          GError **error);

/**
 * linx_mount_client_attach_mount:
 * @client: a client
 * @mount: a descriptor of the root of a detached mount; it stays the caller's to close, and the
 *   mount is used up: a clone of it is attached
 * @target: (type filename): where: an absolute path
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Puts a detached mount in place. Blocks until it is done.
 *
 * Returns: the id of the mount, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_attach_mount (LinxMountClient *client, int mount, const char *target,
                                        LinxMountOptions *options, GCancellable *cancellable,
                                        GError **error);

/**
 * linx_mount_client_attach_mount_async:
 * @client: a client
 * @mount: a descriptor of the root of a detached mount; it stays the caller's to close, and the
 *   mount is used up: a clone of it is attached
 * @target: (type filename): where: an absolute path
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_attach_mount() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_attach_mount_async (LinxMountClient *client, int mount, const char *target,
                                           LinxMountOptions *options, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_attach_mount_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: the id of the mount, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_attach_mount_finish (LinxMountClient *client, GAsyncResult *result,
                                               GError **error);

G_END_DECLS
