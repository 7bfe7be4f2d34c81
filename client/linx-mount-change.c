/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-mount-change.h"
#include "linx-mount-call-private.h"

guint64
linx_mount_client_mount (LinxMountClient *client, const char *source, const char *target,
                         const char *fstype, LinxMountOptions *options, GCancellable *cancellable,
                         GError **error)
{
  const char *const words[] = { source, target, fstype, NULL };
  const LinxMountCall call = { .method = "Mount", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_number (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_mount_async (LinxMountClient *client, const char *source, const char *target,
                               const char *fstype, LinxMountOptions *options,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  const char *const words[] = { source, target, fstype, NULL };
  const LinxMountCall call = { .method = "Mount", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

guint64
linx_mount_client_mount_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_number (linx_mount_call_finish (client, result, NULL, error));
}

guint64
linx_mount_client_bind (LinxMountClient *client, const char *source, const char *target,
                        LinxMountOptions *options, GCancellable *cancellable, GError **error)
{
  const char *const words[] = { source, target, NULL };
  const LinxMountCall call = { .method = "Bind", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_number (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_bind_async (LinxMountClient *client, const char *source, const char *target,
                              LinxMountOptions *options, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { source, target, NULL };
  const LinxMountCall call = { .method = "Bind", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

guint64
linx_mount_client_bind_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_number (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_remount (LinxMountClient *client, const char *target, LinxMountOptions *options,
                           GCancellable *cancellable, GError **error)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "Remount", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_remount_async (LinxMountClient *client, const char *target,
                                 LinxMountOptions *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "Remount", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_remount_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_move (LinxMountClient *client, const char *source, const char *target,
                        LinxMountOptions *options, GCancellable *cancellable, GError **error)
{
  const char *const words[] = { source, target, NULL };
  const LinxMountCall call = { .method = "Move", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_move_async (LinxMountClient *client, const char *source, const char *target,
                              LinxMountOptions *options, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { source, target, NULL };
  const LinxMountCall call = { .method = "Move", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_move_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_set_propagation (LinxMountClient *client, const char *target,
                                   const char *propagation, LinxMountOptions *options,
                                   GCancellable *cancellable, GError **error)
{
  const char *const words[] = { target, propagation, NULL };
  const LinxMountCall call
      = { .method = "SetPropagation", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_set_propagation_async (LinxMountClient *client, const char *target,
                                         const char *propagation, LinxMountOptions *options,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  const char *const words[] = { target, propagation, NULL };
  const LinxMountCall call
      = { .method = "SetPropagation", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_set_propagation_finish (LinxMountClient *client, GAsyncResult *result,
                                          GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_make_rprivate (LinxMountClient *client, const char *target,
                                 LinxMountOptions *options, GCancellable *cancellable,
                                 GError **error)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "MakeRPrivate", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_make_rprivate_async (LinxMountClient *client, const char *target,
                                       LinxMountOptions *options, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "MakeRPrivate", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_make_rprivate_finish (LinxMountClient *client, GAsyncResult *result,
                                        GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_umount (LinxMountClient *client, const char *target, LinxMountOptions *options,
                          GCancellable *cancellable, GError **error)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "Umount", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_umount_async (LinxMountClient *client, const char *target,
                                LinxMountOptions *options, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  const char *const words[] = { target, NULL };
  const LinxMountCall call
      = { .method = "Umount", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_umount_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}

gboolean
linx_mount_client_pivot_root (LinxMountClient *client, const char *new_root, const char *put_old,
                              LinxMountOptions *options, GCancellable *cancellable, GError **error)
{
  const char *const words[] = { new_root, put_old, NULL };
  const LinxMountCall call
      = { .method = "PivotRoot", .words = words, .mount = -1, .options = options };

  return linx_mount_reply_done (linx_mount_call_sync (client, &call, NULL, cancellable, error));
}

void
linx_mount_client_pivot_root_async (LinxMountClient *client, const char *new_root,
                                    const char *put_old, LinxMountOptions *options,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  const char *const words[] = { new_root, put_old, NULL };
  const LinxMountCall call
      = { .method = "PivotRoot", .words = words, .mount = -1, .options = options };

  linx_mount_call_async (client, &call, cancellable, callback, user_data);
}

gboolean
linx_mount_client_pivot_root_finish (LinxMountClient *client, GAsyncResult *result, GError **error)
{
  return linx_mount_reply_done (linx_mount_call_finish (client, result, NULL, error));
}
