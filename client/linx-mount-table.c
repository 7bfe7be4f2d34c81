/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-mount-table.h"
#include "linx-mount-call-private.h"

GVariant *
linx_mount_client_list_mounts (LinxMountClient *client, LinxMountOptions *options,
                               GCancellable *cancellable, GError **error)
{
  const LinxMountCall call = { .method = "ListMounts", .mount = -1, .options = options };

  return linx_mount_reply_value (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_list_mounts_async (LinxMountClient *client, LinxMountOptions *options,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  const LinxMountCall call = { .method = "ListMounts", .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

GVariant *
linx_mount_client_list_mounts_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_value (linx_mount_call_finish (client, result, NULL, error));
}

int
linx_mount_client_open_mount_info (LinxMountClient *client, LinxMountOptions *options,
                                   GCancellable *cancellable, GError **error)
{
  const LinxMountCall call = { .method = "OpenMountInfo", .mount = -1, .options = options };
  GUnixFDList *fds = NULL;
  GVariant *reply = linx_mount_call_sync (client, &call, &fds, cancellable, error);

  return linx_mount_reply_fd (reply, fds, error);
}

void
linx_mount_client_open_mount_info_async (LinxMountClient *client, LinxMountOptions *options,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  const LinxMountCall call = { .method = "OpenMountInfo", .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

int
linx_mount_client_open_mount_info_finish (LinxMountClient *client, GAsyncResult *result,
                                          GError **error)
{
  GUnixFDList *fds = NULL;
  GVariant *reply = linx_mount_call_finish (client, result, &fds, error);

  return linx_mount_reply_fd (reply, fds, error);
}

guint64
linx_mount_client_watch (LinxMountClient *client, LinxMountOptions *options,
                         GCancellable *cancellable, GError **error)
{
  const LinxMountCall call = { .method = "Watch", .mount = -1, .options = options };

  return linx_mount_reply_number (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_watch_async (LinxMountClient *client, LinxMountOptions *options,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  const LinxMountCall call = { .method = "Watch", .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

guint64
linx_mount_client_watch_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_number (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_unwatch (LinxMountClient *client, guint64 watch, GCancellable *cancellable,
                           GError **error)
{
  const LinxMountCall call
      = { .method = "Unwatch", .mount = -1, .tuple = g_variant_new ("(t)", watch) };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_unwatch_async (LinxMountClient *client, guint64 watch, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  const LinxMountCall call
      = { .method = "Unwatch", .mount = -1, .tuple = g_variant_new ("(t)", watch) };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_unwatch_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}

char *
linx_mount_client_can (LinxMountClient *client, const char *method, const char *const *words,
                       int mount, LinxMountOptions *options, GCancellable *cancellable,
                       GError **error)
{
  const LinxMountCall call
      = { .method = method, .words = words, .mount = mount, .options = options, .only_ask = TRUE };

  return linx_mount_reply_string (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_can_async (LinxMountClient *client, const char *method, const char *const *words,
                             int mount, LinxMountOptions *options, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  const LinxMountCall call
      = { .method = method, .words = words, .mount = mount, .options = options, .only_ask = TRUE };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

char *
linx_mount_client_can_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_string (linx_mount_call_finish (client, result, NULL, error));
}
