/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "table/file-id.h"

/*
 * FUSE filesystems without allow_other: they answer the processes of their owner alone, whose real,
 * effective and saved user ids all have to be the owner's (fuse_allow_current_process(),
 * fs/fuse/dir.c). A worker with the caller's credentials has its effective ids alone, and is
 * refused as everybody else is; what the owner has opened can be held, bound and mounted on.
 */

/**
 * linx_private_fuse_explain:
 * @root: the directory that is "/"
 * @path: a path that could not be looked up in it: EACCES
 *
 * Returns: (nullable): words for the error, where the path leads into such a filesystem of the
 *   caller's
 */
const char *linx_private_fuse_explain (int root, const char *path);

/**
 * linx_private_fuse_holds:
 * @id: what could be read of an object in such a filesystem
 * @path: its path, as the kernel prints it
 *
 * What is below the place where it is mounted is the word of its server, which is the caller's own.
 *
 * Returns: (transfer full) (nullable): where that filesystem, which is the caller's, or any where
 * that is root, is mounted, if that is on the way of @path
 */
char *linx_private_fuse_holds (const LinxFileId *id, const char *path);
