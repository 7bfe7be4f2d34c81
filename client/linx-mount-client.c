/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-mount-client-private.h"

#define BUS_NAME "org.linx.Mount1"
#define OBJECT_PATH "/org/linx/Mount1"

struct _LinxMountClient {
  GObject parent;

  LinxMountManager *manager;
  gboolean interactive;
  int timeout;
};

G_DEFINE_FINAL_TYPE (LinxMountClient, linx_mount_client, G_TYPE_OBJECT)

static void
linx_mount_client_init (LinxMountClient *client)
{
  client->interactive = TRUE;
  client->timeout = LINX_MOUNT_CLIENT_TIMEOUT;
}

static void
linx_mount_client_finalize (GObject *object)
{
  g_clear_object (&LINX_MOUNT_CLIENT (object)->manager);
  G_OBJECT_CLASS (linx_mount_client_parent_class)->finalize (object);
}

static void
linx_mount_client_class_init (LinxMountClientClass *class)
{
  G_OBJECT_CLASS (class)->finalize = linx_mount_client_finalize;
}

LinxMountClient *
linx_mount_client_new_for_manager (LinxMountManager *manager)
{
  LinxMountClient *client = g_object_new (LINX_MOUNT_TYPE_CLIENT, NULL);

  client->manager = g_object_ref (manager);
  return client;
}

static void
on_manager (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (LinxMountManager) manager
      = linx_mount_manager_proxy_new_for_bus_finish (result, &error);

  (void)source;
  if (manager == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, linx_mount_client_new_for_manager (manager), g_object_unref);
}

void
linx_mount_client_new (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  linx_mount_manager_proxy_new_for_bus (G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_NONE, BUS_NAME,
                                        OBJECT_PATH, cancellable, on_manager,
                                        g_task_new (NULL, cancellable, callback, user_data));
}

LinxMountClient *
linx_mount_client_new_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

LinxMountClient *
linx_mount_client_new_sync (GCancellable *cancellable, GError **error)
{
  g_autoptr (LinxMountManager) manager = linx_mount_manager_proxy_new_for_bus_sync (
      G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_NONE, BUS_NAME, OBJECT_PATH, cancellable, error);

  return manager != NULL ? linx_mount_client_new_for_manager (manager) : NULL;
}

LinxMountManager *
linx_mount_client_get_manager (LinxMountClient *client)
{
  g_return_val_if_fail (LINX_MOUNT_IS_CLIENT (client), NULL);
  return client->manager;
}

void
linx_mount_client_set_interactive (LinxMountClient *client, gboolean interactive)
{
  g_return_if_fail (LINX_MOUNT_IS_CLIENT (client));
  client->interactive = interactive;
}

void
linx_mount_client_set_timeout (LinxMountClient *client, int milliseconds)
{
  g_return_if_fail (LINX_MOUNT_IS_CLIENT (client));
  client->timeout = milliseconds;
}

GDBusCallFlags
linx_client_flags (LinxMountClient *client)
{
  return client->interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION
                             : G_DBUS_CALL_FLAGS_NONE;
}

int
linx_client_timeout (LinxMountClient *client)
{
  return client->timeout;
}
