/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/private-fuse.h"
#include "kernel/sys.h"
#include "linx-option-list.h"
#include "linx-path.h"
#include "table/table.h"

#include <string.h>

/* Of a path that nobody looks up in full. */
#define MAX_STEPS 64

/* The option "user_id=" of every FUSE filesystem, and no "allow_other". */
static gboolean
is_private_of (const LinxRow *row, uid_t uid)
{
  g_autofree char *owner = g_strdup_printf ("user_id=%u", (guint)uid);
  g_auto (GStrv) words = g_strsplit (row->super_options, ",", -1);

  return g_str_has_prefix (row->fstype, "fuse")
         && !g_strv_contains ((const char *const *)words, "allow_other")
         && (uid == 0 || g_strv_contains ((const char *const *)words, owner));
}

static LinxRow *
read_row (const LinxFileId *id)
{
  LinxRow *row = id->reusable != 0 ? linx_table_read_row (id->mount, NULL) : NULL;

  if (row == NULL || is_private_of (row, geteuid ()))
    return row;
  g_free (row);
  return NULL;
}

static gboolean
is_private (int fd)
{
  LinxFileId id;
  g_autofree LinxRow *row = linx_file_id_read (&id, fd, "") == 0 ? read_row (&id) : NULL;

  return row != NULL;
}

const char *
linx_private_fuse_explain (int root, const char *path)
{
  g_autofree char *part = g_strdup (path);

  for (guint i = 0; i < MAX_STEPS && strlen (part) > 1; i++) {
    g_autofree char *above = g_path_get_dirname (part);
    int fd = sys_openat2 (root, above, O_PATH | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    gboolean is = fd >= 0 && is_private (fd);

    if (fd >= 0)
      close (fd);
    if (is)
      return "it is in a FUSE filesystem that answers its owner's own processes alone: open it, "
             "and "
             "pass the descriptor ('source-fd', 'target-fd'), or mount that with 'allow_other'";
    if (fd >= 0)
      return NULL;
    g_free (part);
    part = g_steal_pointer (&above);
  }
  return NULL;
}

/* Something else is mounted on the way from @top on. */
static gboolean
is_covered (const char *path, const char *top)
{
  g_autoptr (LinxTable) table = linx_table_read (NULL);

  for (guint i = 0; table != NULL && i < table->rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);

    if (linx_path_is_below (row->mount_point, top)
        && linx_path_rest (path, row->mount_point) != NULL)
      return TRUE;
  }
  return table == NULL;
}

char *
linx_private_fuse_holds (const LinxFileId *id, const char *path)
{
  g_autofree LinxRow *row = read_row (id);

  return row != NULL && linx_path_rest (path, row->mount_point) != NULL
                 && !is_covered (path, row->mount_point)
             ? g_strdup (row->mount_point)
             : NULL;
}
