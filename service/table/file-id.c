/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table/file-id.h"
#include "kernel/features.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "table/mount-id.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* For this nothing of the filesystem is asked: the kernel knows. */
static gboolean
is_directory (int fd)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", fd);
  int again = openat (linx_process_proc_fd (), link, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (again >= 0)
    close (again);
  return again >= 0 || errno != ENOTDIR;
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
                      .mode = name[0] != '\0' || is_directory (dir) ? S_IFDIR : S_IFREG,
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

gboolean
linx_file_id_is (const LinxFileId *id, int fd)
{
  LinxFileId now;

  return linx_file_id_read (&now, fd, "") == 0 && linx_file_id_equal (&now, id);
}

gboolean
linx_file_id_is_root (const LinxFileId *id, pid_t pid)
{
  int root = linx_process_open (pid, "root", O_PATH);
  gboolean is
      = root >= 0 && (id->reusable != 0 ? is_on_mount (root, id) : linx_file_id_is (id, root));

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
