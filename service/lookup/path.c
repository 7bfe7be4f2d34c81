/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/path.h"
#include "kernel/features.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "lookup/private-fuse.h"
#include "table/mount-id.h"
#include "table/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

/* How often a look-up is tried that others disturb: they may do so for ever. */
#define MAX_TRIES 64

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

/* EAGAIN: a rename anywhere on the machine raced with a ".." (openat2(2)). */
static int
open_path (int root, const char *path, guint64 open_flags, guint64 resolve)
{
  int fd, tries = 0;

  do
    fd = sys_openat2 (root, path, O_PATH | O_CLOEXEC | open_flags, resolve);
  while (fd < 0 && errno == EAGAIN && ++tries < MAX_TRIES);
  return fd;
}

static gboolean
is_automount_point (int fd)
{
  struct statx stx;
  struct statfs fs;

  if (statx (fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE, &stx) == 0
      && (stx.stx_attributes & STATX_ATTR_AUTOMOUNT) != 0)
    return TRUE;
  return stx.stx_dev_major == 0 && S_ISDIR (stx.stx_mode) && fstatfs (fd, &fs) == 0
         && fs.f_type == AUTOFS_SUPER_MAGIC;
}

int
linx_path_open (int root, const char *path, guint flags, GError **error)
{
  guint64 open_flags = 0;
  guint64 resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  int fd;

  if (flags & LINX_PATH_NO_SYMLINKS)
    resolve |= RESOLVE_NO_SYMLINKS;
  if (flags & LINX_PATH_NOFOLLOW)
    open_flags |= O_NOFOLLOW;
  fd = open_path (root, path, open_flags, resolve);
  /* O_PATH alone triggers nothing; with O_DIRECTORY it does (LOOKUP_DIRECTORY, fs/namei.c). */
  if (fd >= 0 && (flags & LINX_PATH_TRIGGER) && is_automount_point (fd)) {
    close (fd);
    fd = open_path (root, path, open_flags | O_DIRECTORY, resolve);
  }
  if (fd < 0) {
    int err = errno;

    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, err, path,
                    err == EACCES ? linx_private_fuse_explain (root, path) : explain (err));
  }
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

static gboolean
stale (const char *given, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, given,
                         "no path from the root of the mount namespace leads to it: it is deleted, "
                         "hidden by another mount, detached, or in another namespace");
}

/* Whether @path, without symbolic links, leads to @id. Returns 0, ESTALE, EACCES where this thread
 * may not find out, or what it lacks to do so. */
static int
check_path (const char *path, const LinxFileId *id)
{
  int fd = sys_openat2 (AT_FDCWD, path, O_PATH | O_CLOEXEC,
                        RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  gboolean same;

  if (fd < 0)
    return errno == EACCES || errno == EMFILE || errno == ENFILE || errno == ENOMEM ? errno
                                                                                    : ESTALE;
  same = linx_file_id_is (id, fd);
  close (fd);
  return same ? 0 : ESTALE;
}

static int
check_path_or_mount (const char *path, const LinxFileId *id)
{
  int rc = check_path (path, id);
  g_autofree char *mount_point = rc == EACCES ? linx_private_fuse_holds (id, path) : NULL;

  return mount_point != NULL ? check_path (mount_point, id) : rc;
}

/* What is mounted may have been deleted, or replaced, since: then the kernel prints no path of it.
 * The place of a mount's own root is where it is mounted. */
static char *
mount_point_of (const LinxFileId *id)
{
  g_autofree LinxRow *row = id->mount_root ? linx_table_read_row (id->mount, NULL) : NULL;

  return row != NULL ? g_strdup (row->mount_point) : NULL;
}

/* /proc of this process: through /proc/self, which is whoever looks it up, or a link to that. */
static gboolean
is_services_own (const LinxPlace *place)
{
  g_autofree char *own = g_strdup_printf ("%d", (int)getpid ());
  g_auto (GStrv) names = NULL;
  g_autofree LinxRow *row = NULL;

  if (strstr (place->path, own) == NULL)
    return FALSE;
  names = g_strsplit (place->path, "/", -1);
  if (!g_strv_contains ((const char *const *)names, own))
    return FALSE;
  row = linx_table_read_row (place->id.mount, NULL);
  return row != NULL && g_str_equal (row->fstype, "proc");
}

static gboolean
check_is_not_services_own (const LinxPlace *place, const char *given, GError **error)
{
  return is_services_own (place) ? linx_error_set (
             error, LINX_MOUNT_STAGE_RESOLVE, EXDEV, given,
             "it leads to what /proc has of the service: name the process by its id")
                                 : TRUE;
}

gboolean
linx_place_read (LinxPlace *place, int fd, const char *given, GError **error)
{
  char path[PATH_MAX + 1];
  gssize length;
  int rc;

  rc = linx_file_id_read (&place->id, fd, "");
  if (rc != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, rc, given, NULL);
  length = linx_process_fd_path (fd, path, sizeof path - 1);
  if (length < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, given, NULL);
  path[length] = '\0';
  rc = path[0] == '/' ? check_path_or_mount (path, &place->id) : ESTALE;
  place->path = rc == 0 ? g_strndup (path, (gsize)length) : NULL;
  if (rc == ESTALE)
    place->path = mount_point_of (&place->id);
  if (rc == ESTALE && place->path != NULL)
    rc = check_path (place->path, &place->id);
  if (rc != 0 && rc != ESTALE)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, rc, given, NULL);
  return rc == 0 ? check_is_not_services_own (place, given, error) : stale (given, error);
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
