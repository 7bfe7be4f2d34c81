/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * CtlTable:
 *
 * A table as a terminal shows it: lines of cells, each column as wide as its widest cell.
 */
typedef struct _CtlTable CtlTable;

/**
 * ctl_table_new:
 * @titles: what stands over the columns
 *
 * Returns: (transfer full): a table of no lines
 */
CtlTable *ctl_table_new (const char *const *titles);

/** ctl_table_add: adds a cell, which it takes over: the next one of the line, or of the next line.
 */
void ctl_table_add (CtlTable *table, char *cell);

/**
 * ctl_table_format:
 * @table: (transfer full): a table
 * @legend: whether to put the titles over it
 * @colour: whether to make them bold
 *
 * Returns: (transfer full): its text
 */
char *ctl_table_format (CtlTable *table, gboolean legend, gboolean colour);
