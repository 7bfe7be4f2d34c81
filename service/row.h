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
 * A line of mountinfo (proc_pid_mountinfo(5)), octal escapes decoded: strings are raw bytes.
 */
typedef struct {
  guint64 id;
  guint64 parent;
  guint mount_id;
  guint parent_id;
  dev_t device;
  char *root;
  char *mount_point;
  char *mount_options;
  guint64 shared;
  guint64 master;
  guint64 propagate_from;
  gboolean unbindable;
  char *fstype;
  char *source;
  char *super_options;
  char *user_options;
} LinxRow;

void linx_row_free (LinxRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxRow, linx_row_free)

/**
 * linx_propagation_word:
 *
 * Returns: (transfer none): "private", "shared", "slave", "shared,slave" or "unbindable"
 */
const char *linx_propagation_word (gboolean shared, gboolean slave, gboolean unbindable);

/** linx_row_propagation: the word for a row. */
const char *linx_row_propagation (const LinxRow *row);

/**
 * linx_row_is_key:
 * @name: a name
 *
 * Returns: whether a row's dictionary has such a key
 */
gboolean linx_row_is_key (const char *name);

/**
 * linx_row_to_variant:
 * @row: a row
 * @fields: (nullable): the keys that are wanted; %NULL: all
 *
 * Returns: (transfer floating): the row as "(a{sv})"
 */
GVariant *linx_row_to_variant (const LinxRow *row, const char *const *fields);
