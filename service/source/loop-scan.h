/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Loop devices that are attached already (loop(4)), by whomever. Two of them on the same bytes are
 * two filesystems that know nothing of each other, and destroy what is there.
 */

/**
 * LinxLoopRange:
 * @device: of the file: what it is on
 * @inode: of the file
 * @name: its canonical path
 * @offset: where in the file
 * @size_limit: how many bytes; 0: to its end
 * @read_only: whether it is to be only read
 *
 * What a loop device is to be made for.
 */
typedef struct {
  dev_t device;
  guint64 inode;
  const char *name;
  guint64 offset;
  guint64 size_limit;
  gboolean read_only;
} LinxLoopRange;

/** LinxLoopMatch: what there is of a range already. */
typedef enum {
  LINX_LOOP_FREE,     /* nothing */
  LINX_LOOP_SAME,     /* a device for exactly that */
  LINX_LOOP_MODE,     /* one for the same bytes, but of the other write mode */
  LINX_LOOP_OVERLAPS, /* one for some of the bytes */
  LINX_LOOP_SILENT,   /* one that has its name, and whose file does not answer */
} LinxLoopMatch;

/**
 * linx_loop_scan:
 * @range: what is looked for
 * @except: the number of a device that is left out; G_MAXUINT: none
 * @number: (out): which device it is
 * @fd: (out): for LINX_LOOP_SAME: (transfer full): a descriptor that keeps it attached; else -1
 *
 * Only on a worker that is in the service's own namespace. The kernel looks at a device's file to
 * say which one it is: a file of a filesystem that does not answer is waited for for a second, by a
 * thread of its own, and then left out.
 *
 * Returns: the worst of what was found, in the order of LinxLoopMatch
 */
LinxLoopMatch linx_loop_scan (const LinxLoopRange *range, guint except, guint *number, int *fd);
