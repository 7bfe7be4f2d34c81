/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "table/file-id.h"

/*
 * Paths: the one place that looks them up. All of it runs on a worker, inside the namespace.
 */

/** LinxPlace: an object and the canonical path that leads to it. */
typedef struct {
  char *path;
  LinxFileId id;
} LinxPlace;

void linx_place_clear (LinxPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LinxPlace, linx_place_clear)

/**
 * LinxPathFlags:
 * @LINX_PATH_NO_SYMLINKS: a symbolic link anywhere in the path is an error
 * @LINX_PATH_NOFOLLOW: a symbolic link as last component is what is meant
 * @LINX_PATH_TRIGGER: what an automount point mounts is meant, not the point itself; as for
 * mount(2) with MS_BIND, and for open_tree(2). The daemon may take its time
 */
typedef enum {
  LINX_PATH_NO_SYMLINKS = 1 << 0,
  LINX_PATH_NOFOLLOW = 1 << 1,
  LINX_PATH_TRIGGER = 1 << 2,
} LinxPathFlags;

/**
 * linx_path_open:
 * @root: the directory that is "/"; AT_FDCWD: the root of the namespace, as a worker enters it
 * @path: an absolute path
 * @flags: LinxPathFlags
 * @error: Resolve.*
 *
 * Opens @path as O_PATH: reads nothing and triggers no automount. No path leaves @root, and no
 * magic link is followed (openat2(2)).
 *
 * Returns: (transfer full): a descriptor, or -1
 */
int linx_path_open (int root, const char *path, guint flags, GError **error);

/**
 * linx_path_may_write:
 * @fd: an object
 *
 * Returns: whether this thread, with its credentials, may write to it (faccessat2(2))
 */
gboolean linx_path_may_write (int fd);

/**
 * linx_path_is_fixed:
 * @path: an absolute path without symbolic links, from the root of the namespace
 *
 * Returns: whether nobody but root can have it lead elsewhere: each directory on the way belongs to
 *   root, no others may write to it, and it is no FUSE server's word
 */
gboolean linx_path_is_fixed (const char *path);

/**
 * linx_path_split:
 * @path: an absolute path
 * @parent: (out): the directory
 * @name: (out): the last component, "/" for the root; slashes at the end do not count
 */
void linx_path_split (const char *path, char **parent, char **name);

/**
 * linx_path_reopen:
 * @fd: a descriptor of a caller's
 * @error: Resolve.*
 *
 * Opens what @fd is open on again, as O_PATH: whatever @fd can do, the new one can only point.
 *
 * Returns: (transfer full): a descriptor, or -1
 */
int linx_path_reopen (int fd, GError **error);

/**
 * linx_place_read:
 * @place: (out): the path and identity of @fd
 * @fd: an object
 * @given: how the caller named it, for the error
 * @error: Resolve.ESTALE
 *
 * Reads the path of @fd from the root of the namespace this thread is in. The kernel prints one for
 * objects that no lookup reaches too (deleted, detached, overmounted, in another namespace), so it
 * counts only if looking it up leads back to the same object.
 */
gboolean linx_place_read (LinxPlace *place, int fd, const char *given, GError **error);

/**
 * linx_place_open:
 * @place: (out): the path and identity of what is opened
 * @path: a path from the root of the namespace this thread is in, that linx_place_read() gave, or
 *   the start of one
 * @error: Resolve.*
 *
 * Opens it without following a symbolic link: that this look-up succeeds is what linx_place_read()
 * would find out.
 *
 * Returns: (transfer full): a descriptor, or -1
 */
int linx_place_open (LinxPlace *place, const char *path, GError **error);
