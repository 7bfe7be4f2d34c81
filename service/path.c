/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"
#include "kernel-features.h"
#include "linx-error.h"
#include "mount-id.h"
#include "process.h"
#include "sys.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* How often a look-up is tried that others disturb: they may do so for ever. */
#define MOST_TRIES 64

void
linx_place_clear (LinxPlace *place)
{
  g_clear_pointer (&place->path, g_free);
}

static const char *
explain (int err)
{
  switch (err) {
  case EXDEV:
    return "the path leads through a magic link of /proc";
  case ELOOP:
    return "a symbolic link where none may be, or too many of them";
  default:
    return NULL;
  }
}

int
linx_path_open (int root, const char *path, guint flags, GError **error)
{
  guint64 open_flags = O_PATH | O_CLOEXEC;
  guint64 resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  int fd, tries = 0;

  if (flags & LINX_PATH_NO_SYMLINKS)
    resolve |= RESOLVE_NO_SYMLINKS;
  if (flags & LINX_PATH_NOFOLLOW)
    open_flags |= O_NOFOLLOW;
  /* EAGAIN: a rename anywhere on the machine raced with a ".." (openat2(2)). */
  do
    fd = sys_openat2 (root, path, open_flags, resolve);
  while (fd < 0 && errno == EAGAIN && ++tries < MOST_TRIES);
  if (fd < 0)
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, path, explain (errno));
  return fd;
}

gboolean
linx_path_may_write (int fd)
{
  return sys_faccessat2 (fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS) == 0;
}

/* A FUSE server says what it likes of its directories. */
static gboolean
is_on_fuse (const LinxTable *table, const LinxFileId *id)
{
  const LinxRow *row = linx_table_find (table, id->mount);

  return row == NULL || g_str_has_prefix (row->fstype, "fuse");
}

static gboolean
is_roots_alone (const LinxTable *table, const char *directory)
{
  int fd = linx_path_open (AT_FDCWD, directory, LINX_PATH_NO_SYMLINKS, NULL);
  LinxFileId id;
  gboolean is = fd >= 0 && linx_file_id_read (&id, fd, "") == 0 && !is_on_fuse (table, &id)
                && id.uid == 0 && (id.mode & (S_IWGRP | S_IWOTH)) == 0;

  if (fd >= 0)
    close (fd);
  return is;
}

gboolean
linx_path_is_fixed (const char *path)
{
  g_autoptr (LinxTable) table = linx_table_read (NULL);
  g_autofree char *directory = g_path_get_dirname (path);

  while (table != NULL && is_roots_alone (table, directory)) {
    g_autofree char *above = g_path_get_dirname (directory);

    if (g_str_equal (directory, "/"))
      return TRUE;
    g_free (directory);
    directory = g_steal_pointer (&above);
  }
  return FALSE;
}

void
linx_path_split (const char *path, char **parent, char **name)
{
  g_autofree char *plain = g_strdup (path);

  while (strlen (plain) > 1 && g_str_has_suffix (plain, "/"))
    plain[strlen (plain) - 1] = '\0';
  *parent = g_path_get_dirname (plain);
  *name = g_path_get_basename (plain);
}

int
linx_path_reopen (int fd, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", fd);
  int again = openat (linx_process_proc_fd (), link, O_PATH | O_CLOEXEC);

  if (again < 0)
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, "file descriptor", NULL);
  return again;
}

/* A FUSE filesystem tells nothing of its files to anyone but its owner, not to root either, but who
 * asks for nothing is answered (fuse_update_attributes(), fs/fuse/dir.c), and the mount is the
 * kernel's. */
static int
read_mount_alone (LinxFileId *id, int dir, const char *name, int flags)
{
  struct statx stx = { 0 };

  if (statx (dir, name, flags, 0, &stx) < 0)
    return errno;
  *id = (LinxFileId){ .major = stx.stx_dev_major,
                      .minor = stx.stx_dev_minor,
                      .mode = S_IFDIR,
                      .mount_root = (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
                      .reusable = stx.stx_mnt_id };
  id->mount = linx_mount_id_unique ((guint)stx.stx_mnt_id);
  return id->mount != 0 ? 0 : EACCES;
}

int
linx_file_id_read (LinxFileId *id, int dir, const char *name)
{
  int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
  guint id_mask = linx_feature_unique_mount_id () ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID;
  struct statx stx;

  if (statx (dir, name, flags, STATX_BASIC_STATS | id_mask, &stx) < 0)
    return errno == EACCES ? read_mount_alone (id, dir, name, flags) : errno;
  id->mount = stx.stx_mnt_id;
  id->major = stx.stx_dev_major;
  id->minor = stx.stx_dev_minor;
  id->inode = stx.stx_ino;
  id->mode = stx.stx_mode;
  id->uid = stx.stx_uid;
  id->gid = stx.stx_gid;
  id->rdev_major = stx.stx_rdev_major;
  id->rdev_minor = stx.stx_rdev_minor;
  id->mount_root = (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  id->reusable = 0;
  return 0;
}

static gboolean
is_on_mount (int fd, const LinxFileId *id)
{
  struct statx stx;

  return statx (fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, 0, &stx) == 0
         && stx.stx_mnt_id == id->reusable && stx.stx_dev_major == id->major
         && stx.stx_dev_minor == id->minor;
}

static gboolean
is_same (int fd, const LinxFileId *id)
{
  LinxFileId now;

  return linx_file_id_read (&now, fd, "") == 0 && linx_file_id_equal (&now, id);
}

gboolean
linx_file_id_is_root (const LinxFileId *id, pid_t pid)
{
  int root = linx_process_open (pid, "root", O_PATH);
  gboolean is = root >= 0 && (id->reusable != 0 ? is_on_mount (root, id) : is_same (root, id));

  if (root >= 0)
    close (root);
  return is;
}

int
linx_file_id_read_root (LinxFileId *id, pid_t pid)
{
  int root = linx_process_open (pid, "root", O_PATH);
  int err = root >= 0 ? linx_file_id_read (id, root, "") : errno;

  if (root >= 0)
    close (root);
  return err;
}

gboolean
linx_file_id_equal (const LinxFileId *a, const LinxFileId *b)
{
  return a->mount == b->mount && a->major == b->major && a->minor == b->minor
         && a->inode == b->inode;
}

static gboolean
stale (const char *given, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, given,
                         "no path from the root of the mount namespace leads to it: it is deleted, "
                         "hidden by another mount, detached, or in another namespace");
}

gboolean
linx_place_read (LinxPlace *place, int fd, const char *given, GError **error)
{
  char path[PATH_MAX + 1];
  LinxFileId again;
  gssize length;
  int rc, found;

  rc = linx_file_id_read (&place->id, fd, "");
  if (rc != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, rc, given, NULL);
  length = linx_process_fd_path (fd, path, sizeof path - 1);
  if (length < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, given, NULL);
  path[length] = '\0';
  if (path[0] != '/')
    return stale (given, error);

  found = sys_openat2 (AT_FDCWD, path, O_PATH | O_CLOEXEC,
                       RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  if (found < 0 && errno == EACCES)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, given, NULL);
  if (found < 0)
    return stale (given, error);
  rc = linx_file_id_read (&again, found, "");
  close (found);
  if (rc != 0 || !linx_file_id_equal (&place->id, &again))
    return stale (given, error);
  place->path = g_strndup (path, (gsize)length);
  return TRUE;
}

int
linx_place_open (LinxPlace *place, const char *path, GError **error)
{
  int fd = linx_path_open (AT_FDCWD, path, LINX_PATH_NO_SYMLINKS, error);
  int rc;

  if (fd < 0)
    return -1;
  rc = linx_file_id_read (&place->id, fd, "");
  if (rc != 0) {
    close (fd);
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, rc, path, NULL);
    return -1;
  }
  place->path = g_strdup (path);
  return fd;
}
