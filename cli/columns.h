/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Columns of a list: keys of rows, and what a person sees of them.
 */

/** CTL_COLUMNS_DEFAULT: those of a list that names none. */
#define CTL_COLUMNS_DEFAULT "mount-point,source,fstype,mount-options,propagation"

/**
 * ctl_columns_parse:
 * @list: comma-separated: keys of rows, or findmnt(8)'s names, in either case
 * @unknown: (out) (transfer full): the name that is none
 *
 * Returns: (transfer full): the keys, or %NULL
 */
GStrv ctl_columns_parse (const char *list, char **unknown);

/**
 * ctl_columns_fields:
 * @columns: (nullable): columns
 *
 * Returns: (transfer full): the keys that a row must have for them, its place in the tree included
 */
GStrv ctl_columns_fields (const char *const *columns);

/**
 * ctl_columns_cell:
 * @column: a column
 * @row: a row
 *
 * A byte that is not UTF-8 is "\xNN", and so is all that acts on a terminal; a backslash is "\x5c".
 * Propagation is shown with its peer groups, as mountinfo has it: "shared:1,master:2".
 *
 * Returns: (transfer full): printable text, nothing of which acts on a terminal
 */
char *ctl_columns_cell (const char *column, GVariant *row);
