/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/**
 * LinxFileId:
 * @mount: the kernel's id of the mount it is on: unique since Linux 6.8, else reusable
 * @major: device number
 * @minor: device number
 * @inode: inode number
 * @mode: type and permissions
 * @uid: owner
 * @gid: group
 * @rdev_major: of a device node
 * @rdev_minor: of a device node
 * @mount_root: whether it is the root of that mount
 * @reusable: where nothing but the mount could be read, its id in mountinfo; else 0
 *
 * What an object in the hierarchy is, whatever its name.
 */
typedef struct {
  guint64 mount;
  guint major;
  guint minor;
  guint64 inode;
  guint mode;
  uid_t uid;
  gid_t gid;
  guint rdev_major;
  guint rdev_minor;
  gboolean mount_root;
  guint64 reusable;
} LinxFileId;

/**
 * linx_file_id_read:
 * @id: (out): the identity
 * @dir: a directory, or with an empty @name the object itself
 * @name: a last component; a symbolic link is not followed, what is mounted on it is seen
 *
 * Never asks a network or FUSE server (AT_STATX_DONT_SYNC).
 *
 * Returns: 0, or an errno
 */
int linx_file_id_read (LinxFileId *id, int dir, const char *name);

/**
 * linx_file_id_read_root:
 * @id: (out): the root of a process
 * @pid: the process
 *
 * Returns: 0, or an errno
 */
int linx_file_id_read_root (LinxFileId *id, pid_t pid);

/**
 * linx_file_id_is_root:
 * @id: what linx_file_id_read_root() gave
 * @pid: a process
 *
 * Unlike that one it reads no mount table, and may run in the main loop.
 *
 * Returns: whether that is its root still
 */
gboolean linx_file_id_is_root (const LinxFileId *id, pid_t pid);

/** linx_file_id_is: whether @id is what @fd is open on. */
gboolean linx_file_id_is (const LinxFileId *id, int fd);

gboolean linx_file_id_equal (const LinxFileId *a, const LinxFileId *b);
