/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-manager.h"

G_BEGIN_DECLS

/**
 * LINX_MOUNT_CLIENT_TIMEOUT:
 *
 * How many milliseconds a #LinxMountClient waits for a reply, unless told otherwise: longer than
 * the service ever takes, which gives a person five minutes to answer a prompt and a call ten
 * minutes at most. So it is the service that says what became of a call.
 *
 * Since: 0.1
 */
#define LINX_MOUNT_CLIENT_TIMEOUT 930000

/**
 * LinxMountClient:
 *
 * A caller of the service. Its errors are those of #LINX_MOUNT_ERROR, with stage and errno, and of
 * G_DBUS_ERROR: G_DBUS_ERROR_INVALID_ARGS, _LIMITS_EXCEEDED, _NOT_SUPPORTED, and
 * _SERVICE_UNKNOWN where there is no service. Messages are for people.
 *
 * Since: 0.1
 */
#define LINX_MOUNT_TYPE_CLIENT (linx_mount_client_get_type ())
G_DECLARE_FINAL_TYPE (LinxMountClient, linx_mount_client, LINX_MOUNT, CLIENT, GObject)

/**
 * linx_mount_client_new:
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Connects to the system bus.
 *
 * Since: 0.1
 */
void linx_mount_client_new (GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);

/**
 * linx_mount_client_new_finish:
 * @result: what the callback was called with
 * @error: where the error goes
 *
 * Returns: (transfer full): a client, or %NULL with @error set
 *
 * Since: 0.1
 */
LinxMountClient *linx_mount_client_new_finish (GAsyncResult *result, GError **error);

/**
 * linx_mount_client_new_sync: (constructor)
 * @cancellable: (nullable): cancels it
 * @error: where the error goes
 *
 * Connects to the system bus, and blocks until it is done. The service is started where it is not
 * running; that it could not be is for the first call to say.
 *
 * Returns: (transfer full): a client, or %NULL with @error set
 *
 * Since: 0.1
 */
LinxMountClient *linx_mount_client_new_sync (GCancellable *cancellable, GError **error);

/**
 * linx_mount_client_new_for_manager: (constructor)
 * @manager: a proxy of the object /org/linx/Mount1
 *
 * Returns: (transfer full): a client that calls by @manager
 *
 * Since: 0.1
 */
LinxMountClient *linx_mount_client_new_for_manager (LinxMountManager *manager);

/**
 * linx_mount_client_get_manager:
 * @client: a client
 *
 * The proxy, for what a client adds nothing to: the signals #LinxMountManager::changed,
 * #LinxMountManager::overflow and #LinxMountManager::ended of watches, and the properties
 * #LinxMountManager:version and #LinxMountManager:features.
 *
 * Returns: (transfer none) (nullable): the proxy; %NULL for what no constructor made
 *
 * Since: 0.1
 */
LinxMountManager *linx_mount_client_get_manager (LinxMountClient *client);

/**
 * linx_mount_client_set_interactive:
 * @client: a client
 * @interactive: whether a person may be asked to authenticate; %TRUE at first
 *
 * For calls that are made from now on. A prompt is shown by the authentication agent of the
 * caller's session; where there is none the call fails.
 *
 * Since: 0.1
 */
void linx_mount_client_set_interactive (LinxMountClient *client, gboolean interactive);

/**
 * linx_mount_client_set_timeout:
 * @client: a client
 * @milliseconds: how long to wait for a reply; G_MAXINT: for ever;
 *   %LINX_MOUNT_CLIENT_TIMEOUT at first
 *
 * For calls that are made from now on. What was given up by the client may yet be done.
 *
 * Since: 0.1
 */
void linx_mount_client_set_timeout (LinxMountClient *client, int milliseconds);

G_END_DECLS
