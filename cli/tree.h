/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * CtlTreeFunc:
 * @row: a row
 * @branch: what leads to it, as findmnt(8) draws it: "│ └─"
 * @user_data: given to ctl_tree_walk()
 */
typedef void (*CtlTreeFunc) (GVariant *row, const char *branch, gpointer user_data);

/**
 * ctl_tree_walk:
 * @rows: rows, with id and parent
 * @utf8: whether branches may be drawn in UTF-8
 * @func: called for each row, after its parent and before its children, which come by their id
 * @user_data: for @func
 *
 * A row whose parent is not among @rows is a root.
 */
void ctl_tree_walk (GVariant *rows, gboolean utf8, CtlTreeFunc func, gpointer user_data);
