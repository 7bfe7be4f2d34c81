/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-mount-detached.h"
#include "linx-mount-call-private.h"

int
linx_mount_client_create_mount (LinxMountClient *client, const char *source, const char *fstype,
                                LinxMountOptions *options, GCancellable *cancellable,
                                GError **error)
{
  const char *const words[] = { source, fstype, NULL };
  const LinxMountCall call
      = { .method = "CreateMount", .words = words, .mount = -1, .options = options };
  GUnixFDList *fds = NULL;
  GVariant *reply = linx_mount_call_sync (client, &call, &fds, cancellable, error);

  return linx_mount_reply_fd (reply, fds, error);
}

void
linx_mount_client_create_mount_async (LinxMountClient *client, const char *source,
                                      const char *fstype, LinxMountOptions *options,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  const char *const words[] = { source, fstype, NULL };
  const LinxMountCall call
      = { .method = "CreateMount", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

int
linx_mount_client_create_mount_finish (LinxMountClient *client, GAsyncResult *result,
                                       GError **error)
{
  GUnixFDList *fds = NULL;
  GVariant *reply = linx_mount_call_finish (client, result, &fds, error);

  return linx_mount_reply_fd (reply, fds, error);
}

int
linx_mount_client_clone_mount (LinxMountClient *client, const char *source,
                               LinxMountOptions *options, GCancellable *cancellable, GError **error)
{
  const char *const words[] = { source, NULL };
  const LinxMountCall call
      = { .method = "CloneMount", .words = words, .mount = -1, .options = options };
  GUnixFDList *fds = NULL;
  GVariant *reply = linx_mount_call_sync (client, &call, &fds, cancellable, error);

  return linx_mount_reply_fd (reply, fds, error);
}

void
linx_mount_client_clone_mount_async (LinxMountClient *client, const char *source,
                                     LinxMountOptions *options, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { source, NULL };
  const LinxMountCall call
      = { .method = "CloneMount", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

int
linx_mount_client_clone_mount_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  GUnixFDList *fds = NULL;
  GVariant *reply = linx_mount_call_finish (client, result, &fds, error);

  return linx_mount_reply_fd (reply, fds, error);
}

guint64
linx_mount_client_attach_mount (LinxMountClient *client, int mount, const char *target,
                                LinxMountOptions *options, GCancellable *cancellable,
                                GError **error)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "AttachMount", .words = words, .mount = mount, .options = options };

  return linx_mount_reply_number (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_attach_mount_async (LinxMountClient *client, int mount, const char *target,
                                      LinxMountOptions *options, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "AttachMount", .words = words, .mount = mount, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

guint64
linx_mount_client_attach_mount_finish (LinxMountClient *client, GAsyncResult *result,
                                       GError **error)
{
  return linx_mount_reply_number (linx_mount_call_finish (client, result, NULL, error));
}
