/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/layer-quota.h"
#include "quota/quota.h"

#include <gio/gio.h>

/* A quarter of the descriptors that the unit allows; of a user four calls at their largest. */
#define LAYERS_OF_ALL 16384
#define LAYERS_OF_USER 2048

static GMutex lock;
static LinxQuota layers;

gboolean
linx_layers_take (LinxAccount account, guint n, GError **error)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  if (layers.total == 0) {
    linx_quota_init (&layers, LAYERS_OF_ALL, LAYERS_OF_USER);
    layers.share_of_root = LAYERS_OF_ALL;
  }
  if (linx_quota_ask (&layers, account, n) == LINX_QUOTA_OPEN) {
    linx_quota_add (&layers, account, n);
    return TRUE;
  }
  g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                       "too many layers of overlays are under way");
  return FALSE;
}

void
linx_layers_give_back (LinxAccount account, guint n)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  linx_quota_remove (&layers, account, n);
}
