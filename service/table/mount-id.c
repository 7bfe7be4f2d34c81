/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table/mount-id.h"
#include "kernel/features.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "table/table.h"

#include <errno.h>
#include <sys/mount.h>

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
