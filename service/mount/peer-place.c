/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/peer-place.h"
#include "linx-path.h"
#include "lookup/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Types whose mounts do not show in the table which part of the filesystem they are, or show it
 * from the reader's control group (show_path in struct super_operations). */
static gboolean
hides_root (const char *fstype)
{
  static const char *const types[] = { "nfs", "nfs4", "cgroup", "cgroup2", NULL };

  return g_strv_contains (types, fstype);
}

static gboolean
is_too_long (const LinxRow *row)
{
  return g_str_equal (row->root, LINX_PATH_TOO_LONG);
}

/* Whether @path is a directory of this mount in which nobody but root can rename. */
static gboolean
is_roots_alone (const char *path, const LinxRow *mount)
{
  int fd = linx_path_open (AT_FDCWD, path, LINX_PATH_NO_SYMLINKS, NULL);
  LinxFileId id;
  gboolean is = fd >= 0 && linx_file_id_read (&id, fd, "") == 0 && id.mount == mount->id
                && S_ISDIR (id.mode) && id.uid == 0 && (id.mode & (S_IWGRP | S_IWOTH)) == 0;

  if (fd >= 0)
    close (fd);
  return is;
}

/* Whether nobody but root can have the place, @below the top of this mount, be another one: from
 * the top, so that each directory is looked up where only root can have put it. */
static gboolean
is_fixed (const LinxRow *mount, const char *below, guint *directories)
{
  g_auto (GStrv) names = g_strsplit (below, "/", -1);
  g_autoptr (GString) path = g_string_new (mount->mount_point);

  if (g_str_has_prefix (mount->fstype, "fuse")) /* whose server renames as it likes */
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++) {
    if (names[i][0] == '\0')
      continue;
    ++*directories;
    if (!is_roots_alone (path->str, mount))
      return FALSE;
    g_string_append_printf (path, "/%s", names[i]);
  }
  return TRUE;
}

char *
linx_peer_place (const LinxRow *host, const LinxRow *decides, const char *path, guint *directories)
{
  const char *below = linx_path_rest (path, decides->mount_point);
  g_autofree char *in_filesystem = below != NULL && below[0] != '\0'
                                       ? g_build_filename (decides->root, below, NULL)
                                       : g_strdup (decides->root);
  const char *rest, *other;

  if (below == NULL || is_too_long (host) || is_too_long (decides) || hides_root (host->fstype))
    return g_strdup (host->mount_point);
  rest = linx_path_rest (in_filesystem, host->root);
  if (rest != NULL && rest[0] == '\0')
    return g_strdup (host->mount_point);
  if (rest != NULL)
    return g_build_filename (host->mount_point, rest, NULL);
  /* What is above the top of its own mount nobody can look up here. */
  other = linx_path_rest (host->root, decides->root);
  return g_str_equal (decides->root, "/") && other != NULL && is_fixed (decides, below, directories)
                 && is_fixed (decides, other, directories)
             ? NULL
             : g_strdup (host->mount_point);
}
