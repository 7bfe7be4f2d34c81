/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"
#include "kernel-features.h"
#include "linx-error.h"
#include "mount-id.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <string.h>
#include <unistd.h>

void
linx_table_free (LinxTable *table)
{
  g_ptr_array_unref (table->rows);
  g_free (table);
}

static char *
copy_or (const char *text, const char *fallback)
{
  return g_strdup (text != NULL ? text : fallback);
}

/* The fields between the attributes and " - ": "tag[:value]", in any order, unknown ones too. */
static void
take_tags (LinxRow *row, const char *tags)
{
  g_auto (GStrv) words = g_strsplit (tags != NULL ? tags : "", " ", -1);

  for (char **word = words; *word != NULL; word++) {
    if (g_str_has_prefix (*word, "shared:"))
      row->shared = g_ascii_strtoull (*word + strlen ("shared:"), NULL, 10);
    else if (g_str_has_prefix (*word, "master:"))
      row->master = g_ascii_strtoull (*word + strlen ("master:"), NULL, 10);
    else if (g_str_has_prefix (*word, "propagate_from:"))
      row->propagate_from = g_ascii_strtoull (*word + strlen ("propagate_from:"), NULL, 10);
    else if (g_str_equal (*word, "unbindable"))
      row->unbindable = TRUE;
  }
}

static LinxRow *
row_from_fs (struct libmnt_fs *fs)
{
  LinxRow *row = g_new0 (LinxRow, 1);

  row->mount_id = (guint)mnt_fs_get_id (fs);
  row->parent_id = (guint)mnt_fs_get_parent_id (fs);
  row->id = row->mount_id;
  row->parent = row->parent_id;
  row->device = mnt_fs_get_devno (fs);
  row->root = copy_or (mnt_fs_get_root (fs), "/");
  row->mount_point = copy_or (mnt_fs_get_target (fs), "/");
  row->mount_options = copy_or (mnt_fs_get_vfs_options (fs), "");
  row->fstype = copy_or (mnt_fs_get_fstype (fs), "");
  row->source = copy_or (mnt_fs_get_source (fs), "none");
  row->super_options = copy_or (mnt_fs_get_fs_options (fs), "");
  take_tags (row, mnt_fs_get_optional_fields (fs));
  return row;
}

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  const LinxRow *row_a = *(LinxRow *const *)a, *row_b = *(LinxRow *const *)b;

  return row_a->id < row_b->id ? -1 : row_a->id > row_b->id;
}

LinxTable *
linx_table_parse (FILE *stream)
{
  LinxTable *table = g_new0 (LinxTable, 1);
  struct libmnt_table *parsed = mnt_new_table ();
  struct libmnt_iter *iter = mnt_new_iter (MNT_ITER_FORWARD);
  struct libmnt_fs *fs;

  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)linx_row_free);
  mnt_table_parse_stream (parsed, stream, "mountinfo");
  while (mnt_table_next_fs (parsed, iter, &fs) == 0)
    g_ptr_array_add (table->rows, row_from_fs (fs));
  g_ptr_array_sort (table->rows, compare_ids);
  mnt_free_iter (iter);
  mnt_unref_table (parsed);
  return table;
}

/* Gives the rows their unique ids; a row without one is of a mount that went away meanwhile. */
static gboolean
take_unique_ids (LinxTable *table, GError **error)
{
  g_autoptr (LinxMountIds) ids = linx_mount_ids_read (error);
  guint i = 0;

  if (ids == NULL)
    return FALSE;
  while (i < table->rows->len) {
    LinxRow *row = g_ptr_array_index (table->rows, i);

    if (linx_mount_ids_find (ids, row->mount_id, row->device, &row->id, &row->parent))
      i++;
    else
      g_ptr_array_remove_index_fast (table->rows, i);
  }
  g_ptr_array_sort (table->rows, compare_ids);
  return TRUE;
}

LinxTable *
linx_table_read (int mountinfo, GError **error)
{
  int fd = mountinfo >= 0
               ? fcntl (mountinfo, F_DUPFD_CLOEXEC, 0)
               : openat (linx_process_proc_fd (), "thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
  FILE *stream = fd >= 0 ? fdopen (fd, "re") : NULL;
  g_autoptr (LinxTable) table = NULL;

  if (stream == NULL) {
    linx_error_set (error, LINX_STAGE_LIST, errno, "mountinfo", NULL);
    return NULL;
  }
  table = linx_table_parse (stream);
  fclose (stream);
  if (linx_feature_unique_mount_id () && !take_unique_ids (table, error))
    return NULL;
  return g_steal_pointer (&table);
}

const LinxRow *
linx_table_find (const LinxTable *table, guint64 id)
{
  for (guint i = 0; i < table->rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);

    if (row->id == id)
      return row;
  }
  return NULL;
}

/* Of two mounts at one place the upper one has the lower one as its parent. */
static gboolean
is_covered (const LinxTable *table, const LinxRow *row)
{
  for (guint i = 0; i < table->rows->len; i++) {
    const LinxRow *other = g_ptr_array_index (table->rows, i);

    if (other != row && other->parent == row->id
        && g_str_equal (other->mount_point, row->mount_point))
      return TRUE;
  }
  return FALSE;
}

const LinxRow *
linx_table_find_top (const LinxTable *table, const char *mount_point)
{
  for (guint i = 0; i < table->rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);

    if (g_str_equal (row->mount_point, mount_point) && !is_covered (table, row))
      return row;
  }
  return NULL;
}
