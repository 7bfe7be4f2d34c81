/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount-id.h"
#include "kernel-features.h"
#include "linx-error.h"
#include "sys.h"
#include "table.h"

#include <errno.h>
#include <sys/mount.h>

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

static char *
propagation_from_table (guint64 id)
{
  g_autoptr (LinxTable) table = linx_table_read (NULL);
  const LinxRow *row = table != NULL ? linx_table_find (table, id) : NULL;

  return g_strdup (row != NULL ? linx_row_propagation (row) : "");
}

char *
linx_mount_id_propagation (guint64 id)
{
  struct linx_statmount mount;

  if (!linx_feature_unique_mount_id ())
    return propagation_from_table (id);
  if (sys_statmount (id, LINX_STATMOUNT_MNT_BASIC, &mount) < 0)
    return g_strdup ("");
  return g_strdup (linx_propagation_word ((mount.mnt_propagation & MS_SHARED) != 0,
                                          (mount.mnt_propagation & MS_SLAVE) != 0,
                                          (mount.mnt_propagation & MS_UNBINDABLE) != 0));
}

guint64
linx_mount_id_unique (guint mount_id)
{
  g_autoptr (LinxTable) table = linx_table_read (NULL);

  for (guint i = 0; table != NULL && i < table->rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);

    if (row->mount_id == mount_id)
      return row->id;
  }
  return 0;
}

static guint64
parent_from_table (guint64 id)
{
  g_autoptr (LinxTable) table = linx_table_read (NULL);
  const LinxRow *row = table != NULL ? linx_table_find (table, id) : NULL;

  return row != NULL ? row->parent : 0;
}

guint64
linx_mount_id_parent (guint64 id)
{
  struct linx_statmount mount;

  if (!linx_feature_unique_mount_id ())
    return parent_from_table (id);
  return sys_statmount (id, LINX_STATMOUNT_MNT_BASIC, &mount) == 0 ? mount.mnt_parent_id : 0;
}

gboolean
linx_mount_id_is_absent (guint64 id)
{
  struct linx_statmount mount;

  if (!linx_feature_unique_mount_id ())
    return parent_from_table (id) == 0;
  return sys_statmount (id, LINX_STATMOUNT_MNT_BASIC, &mount) < 0 && errno == ENOENT;
}

gboolean
linx_mount_id_exists (guint64 id)
{
  struct linx_statmount mount;

  return linx_feature_unique_mount_id ()
         && sys_statmount (id, LINX_STATMOUNT_MNT_BASIC, &mount) == 0;
}
