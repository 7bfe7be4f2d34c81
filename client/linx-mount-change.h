/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-client.h"
#include "linx-mount-options.h"

G_BEGIN_DECLS

/* What changes the hierarchy. */

/**
 * linx_mount_client_mount:
 * @client: a client
 * @source: (type filename): what to mount: a path, a tag or a word
 * @target: (type filename): where: an absolute path
 * @fstype: filesystem type, or ""
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Makes a filesystem and puts it on @target. Blocks until it is done.
 *
 * Returns: the id of the mount, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_mount (LinxMountClient *client, const char *source, const char *target,
                                 const char *fstype, LinxMountOptions *options,
                                 GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_mount_async:
 * @client: a client
 * @source: (type filename): what to mount: a path, a tag or a word
 * @target: (type filename): where: an absolute path
 * @fstype: filesystem type, or ""
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_mount() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_mount_async (LinxMountClient *client, const char *source, const char *target,
                                    const char *fstype, LinxMountOptions *options,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

/**
 * linx_mount_client_mount_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: the id of the mount, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_mount_finish (LinxMountClient *client, GAsyncResult *result,
                                        GError **error);

/**
 * linx_mount_client_bind:
 * @client: a client
 * @source: (type filename): an absolute path, in the namespace "from"
 * @target: (type filename): an absolute path, in the namespace "in"
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Shows what is at @source at @target as well. Blocks until it is done.
 *
 * Returns: the id of the mount, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_bind (LinxMountClient *client, const char *source, const char *target,
                                LinxMountOptions *options, GCancellable *cancellable,
                                GError **error);

/**
 * linx_mount_client_bind_async:
 * @client: a client
 * @source: (type filename): an absolute path, in the namespace "from"
 * @target: (type filename): an absolute path, in the namespace "in"
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_bind() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_bind_async (LinxMountClient *client, const char *source, const char *target,
                                   LinxMountOptions *options, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_bind_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: the id of the mount, or 0 with @error set
 *
 * Since: 0.1
 */
guint64 linx_mount_client_bind_finish (LinxMountClient *client, GAsyncResult *result,
                                       GError **error);

/**
 * linx_mount_client_remount:
 * @client: a client
 * @target: (type filename): the root of a mount
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Changes the attributes of a mount that are named in the option "options". Blocks until it is
 * done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_remount (LinxMountClient *client, const char *target,
                                    LinxMountOptions *options, GCancellable *cancellable,
                                    GError **error);

/**
 * linx_mount_client_remount_async:
 * @client: a client
 * @target: (type filename): the root of a mount
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_remount() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_remount_async (LinxMountClient *client, const char *target,
                                      LinxMountOptions *options, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_remount_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_remount_finish (LinxMountClient *client, GAsyncResult *result,
                                           GError **error);

/**
 * linx_mount_client_move:
 * @client: a client
 * @source: (type filename): the root of a mount
 * @target: (type filename): where it goes
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Moves a mount, with all that is mounted below it. Blocks until it is done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_move (LinxMountClient *client, const char *source, const char *target,
                                 LinxMountOptions *options, GCancellable *cancellable,
                                 GError **error);

/**
 * linx_mount_client_move_async:
 * @client: a client
 * @source: (type filename): the root of a mount
 * @target: (type filename): where it goes
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_move() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_move_async (LinxMountClient *client, const char *source, const char *target,
                                   LinxMountOptions *options, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_move_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_move_finish (LinxMountClient *client, GAsyncResult *result,
                                        GError **error);

/**
 * linx_mount_client_set_propagation:
 * @client: a client
 * @target: (type filename): the root of a mount
 * @propagation: "private", "shared", "slave" or "unbindable"
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Changes the propagation type of a mount. Blocks until it is done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_set_propagation (LinxMountClient *client, const char *target,
                                            const char *propagation, LinxMountOptions *options,
                                            GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_set_propagation_async:
 * @client: a client
 * @target: (type filename): the root of a mount
 * @propagation: "private", "shared", "slave" or "unbindable"
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_set_propagation() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_set_propagation_async (LinxMountClient *client, const char *target,
                                              const char *propagation, LinxMountOptions *options,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_set_propagation_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_set_propagation_finish (LinxMountClient *client, GAsyncResult *result,
                                                   GError **error);

/**
 * linx_mount_client_make_rprivate:
 * @client: a client
 * @target: (type filename): the root of a mount, "/" for instance
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Makes a mount and all that is mounted below it private. Blocks until it is done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_make_rprivate (LinxMountClient *client, const char *target,
                                          LinxMountOptions *options, GCancellable *cancellable,
                                          GError **error);

/**
 * linx_mount_client_make_rprivate_async:
 * @client: a client
 * @target: (type filename): the root of a mount, "/" for instance
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_make_rprivate() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_make_rprivate_async (LinxMountClient *client, const char *target,
                                            LinxMountOptions *options, GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_make_rprivate_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_make_rprivate_finish (LinxMountClient *client, GAsyncResult *result,
                                                 GError **error);

/**
 * linx_mount_client_umount:
 * @client: a client
 * @target: (type filename): where a mount is
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Takes a mount off. Blocks until it is done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_umount (LinxMountClient *client, const char *target,
                                   LinxMountOptions *options, GCancellable *cancellable,
                                   GError **error);

/**
 * linx_mount_client_umount_async:
 * @client: a client
 * @target: (type filename): where a mount is
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_umount() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_umount_async (LinxMountClient *client, const char *target,
                                     LinxMountOptions *options, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);

/**
 * linx_mount_client_umount_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_umount_finish (LinxMountClient *client, GAsyncResult *result,
                                          GError **error);

/**
 * linx_mount_client_pivot_root:
 * @client: a client
 * @new_root: (type filename): the directory that becomes the root
 * @put_old: (type filename): where the old root goes, or ""
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Changes the root of a namespace. Blocks until it is done.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_pivot_root (LinxMountClient *client, const char *new_root,
                                       const char *put_old, LinxMountOptions *options,
                                       GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_pivot_root_async:
 * @client: a client
 * @new_root: (type filename): the directory that becomes the root
 * @put_old: (type filename): where the old root goes, or ""
 * @options: (nullable): the options of the method
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Starts linx_mount_client_pivot_root() without blocking.
 *
 * Since: 0.1
 */
void linx_mount_client_pivot_root_async (LinxMountClient *client, const char *new_root,
                                         const char *put_old, LinxMountOptions *options,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);

/**
 * linx_mount_client_pivot_root_finish:
 * @client: a client
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean linx_mount_client_pivot_root_finish (LinxMountClient *client, GAsyncResult *result,
                                              GError **error);

G_END_DECLS
