/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Rows: one mount, as the interface shows it.
 */

/**
 * LinxRow:
 * @id: what methods return and take
 * @parent: the id of the mount it is mounted on
 * @mount_id: mountinfo's own id, reusable
 * @parent_id: mountinfo's own id of the parent
 * @device: device number
 * @root: the directory of the filesystem that is the mount's root
 * @mount_point: where it is mounted, seen from the reader's root
 * @mount_options: the mount's attributes
 * @shared: the peer group it is in; 0: none
 * @master: the peer group it receives from; 0: none
 * @propagate_from: the nearest dominant peer group below the reader's root; 0: none
 * @unbindable: whether it is
 * @fstype: filesystem type
 * @source: what it was made from
 * @super_options: the filesystem's options
 * @user_options: (nullable): words for other programs, which libmount recorded
 *
 * What the kernel says of a mount, by mountinfo (proc_pid_mountinfo(5)) or statmount(2), octal
 * escapes decoded: strings are raw bytes. They belong to whoever read the row.
 */
typedef struct {
  guint64 id;
  guint64 parent;
  guint mount_id;
  guint parent_id;
  dev_t device;
  const char *root;
  const char *mount_point;
  const char *mount_options;
  guint64 shared;
  guint64 master;
  guint64 propagate_from;
  gboolean unbindable;
  const char *fstype;
  const char *source;
  const char *super_options;
  const char *user_options;
} LinxRow;

/**
 * LinxRowFunc:
 * @row: a row, valid during the call; the function may change its ids and user options
 * @data: the function's data
 *
 * Returns: whether to go on to the next one
 */
typedef gboolean (*LinxRowFunc) (LinxRow *row, gpointer data);

/* A row whose root and mount point take more than that together has "..." for each: they may be of
 * any length, and a caller's must not keep others from reading the table. */
#define LINX_MAX_PATHS (1 << 20)
#define LINX_PATH_TOO_LONG "..."

/** linx_row_bytes: what a copy of @row takes. */
gsize linx_row_bytes (const LinxRow *row);

/**
 * linx_row_copy:
 * @row: a row
 *
 * Returns: (transfer full): the same with strings of its own, all in one piece: for g_free()
 */
LinxRow *linx_row_copy (const LinxRow *row);

/** linx_mount_id_compare: a GCompareFunc for arrays of ids, or of what begins with one: ascending.
 */
gint linx_mount_id_compare (gconstpointer a, gconstpointer b);

/** linx_row_compare: a GCompareFunc for arrays of pointers to rows: by ascending id. */
gint linx_row_compare (gconstpointer a, gconstpointer b);

/**
 * linx_row_hash:
 * @row: a row
 *
 * Returns: a number that most likely is another one where anything of the row is
 */
guint64 linx_row_hash (const LinxRow *row);

/**
 * linx_row_unescape:
 * @field: a field of mountinfo, changed in place: the kernel writes space, tab, newline, backslash
 *   and # as a backslash and three octal digits
 *
 * Returns: @field
 */
char *linx_row_unescape (char *field);

/**
 * linx_propagation_word:
 *
 * Returns: (transfer none): "private", "shared", "slave", "shared,slave" or "unbindable"
 */
const char *linx_propagation_word (gboolean shared, gboolean slave, gboolean unbindable);

/** linx_row_propagation: the word for a row. */
const char *linx_row_propagation (const LinxRow *row);
