/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table/mount-ids.h"
#include "kernel/sys.h"
#include "linx-error.h"

#include <errno.h>

#define PAGE 1024

struct _LinxMountIds {
  GHashTable *by_old; /* guint -> guint64 */
};

void
linx_mount_ids_free (LinxMountIds *ids)
{
  g_hash_table_unref (ids->by_old);
  g_free (ids);
}

static void
add (LinxMountIds *ids, guint64 id)
{
  struct linx_statmount mount;

  /* A mount may go away while the list is read: then it is not in it. */
  if (sys_statmount (id, LINX_STATMOUNT_MNT_BASIC, &mount) == 0)
    g_hash_table_replace (ids->by_old, GUINT_TO_POINTER (mount.mnt_id_old),
                          g_memdup2 (&id, sizeof id));
}

LinxMountIds *
linx_mount_ids_read (guint64 top, GError **error)
{
  g_autoptr (LinxMountIds) ids = g_new0 (LinxMountIds, 1);
  uint64_t page[PAGE];
  uint64_t after = 0;
  gssize n;

  ids->by_old = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  if (top != 0)
    add (ids, top);
  do {
    n = sys_listmount_below (0, top != 0 ? top : LINX_LSMT_ROOT, after, page, PAGE);
    if (n < 0 && errno == ENOENT && top != 0)
      break; /* a root that was unmounted */
    if (n < 0) {
      linx_error_set (error, LINX_MOUNT_STAGE_LIST, errno, "mount ids", NULL);
      return NULL;
    }
    for (gssize i = 0; i < n; i++)
      add (ids, page[i]);
    after = n > 0 ? page[n - 1] : 0;
  } while (n == PAGE);
  return g_steal_pointer (&ids);
}

gboolean
linx_mount_ids_take (const LinxMountIds *ids, LinxRow *row)
{
  const guint64 *id = g_hash_table_lookup (ids->by_old, GUINT_TO_POINTER (row->mount_id));
  struct linx_statmount mount;

  if (id == NULL || sys_statmount (*id, LINX_STATMOUNT_MNT_BASIC, &mount) < 0)
    return FALSE;
  row->id = *id;
  row->parent = mount.mnt_parent_id;
  return TRUE;
}
