/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fstab.h"

#include <libmount.h>

static void
line_free (gpointer data)
{
  CtlFstabLine *line = data;

  g_free (line->source);
  g_free (line->target);
  g_free (line);
}

static gboolean
is_wanted (struct libmnt_fs *fs, const char *types)
{
  const char *target = mnt_fs_get_target (fs);

  return !mnt_fs_is_swaparea (fs) && target != NULL && target[0] == '/'
         && mnt_fs_get_option (fs, "noauto", NULL, NULL) != 0
         && (types == NULL || mnt_fs_match_fstype (fs, types) == 1);
}

static CtlFstabLine *
line_new (struct libmnt_fs *fs)
{
  CtlFstabLine *line = g_new0 (CtlFstabLine, 1);

  line->source = g_strdup (mnt_fs_get_source (fs));
  line->target = g_strdup (mnt_fs_get_target (fs));
  line->may_fail = mnt_fs_get_option (fs, "nofail", NULL, NULL) == 0;
  return line;
}

static GPtrArray *
take_lines (struct libmnt_table *table, struct libmnt_table *mounted, const char *types,
            guint *n_mounted)
{
  struct libmnt_iter *iter = mnt_new_iter (MNT_ITER_FORWARD);
  GPtrArray *lines = g_ptr_array_new_with_free_func (line_free);
  struct libmnt_fs *fs;

  *n_mounted = 0;
  while (iter != NULL && mnt_table_next_fs (table, iter, &fs) == 0) {
    if (!is_wanted (fs, types))
      continue;
    if (mnt_table_is_fs_mounted (mounted, fs))
      ++*n_mounted;
    else
      g_ptr_array_add (lines, line_new (fs));
  }
  mnt_free_iter (iter);
  return lines;
}

GPtrArray *
ctl_fstab_read_all (const char *types, guint *n_mounted)
{
  struct libmnt_table *table = mnt_new_table (), *mounted = mnt_new_table ();
  struct libmnt_cache *cache = mnt_new_cache ();
  GPtrArray *lines = NULL;

  if (table != NULL && mounted != NULL && mnt_table_set_cache (table, cache) == 0
      && mnt_table_set_cache (mounted, cache) == 0
      && mnt_table_parse_fstab (table, "/etc/fstab") == 0
      && mnt_table_parse_mtab (mounted, NULL) == 0)
    lines = take_lines (table, mounted, types, n_mounted);
  mnt_unref_cache (cache);
  mnt_unref_table (table);
  mnt_unref_table (mounted);
  return lines;
}
