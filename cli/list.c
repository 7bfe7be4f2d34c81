/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list.h"
#include "columns.h"
#include "table.h"
#include "tree.h"

typedef struct {
  CtlTable *table;
  const char *const *columns;
} Filling;

static void
add_row (GVariant *row, const char *branch, gpointer user_data)
{
  const Filling *filling = user_data;

  for (const char *const *column = filling->columns; *column != NULL; column++) {
    g_autofree char *cell = ctl_columns_cell (*column, row);
    gboolean first = column == filling->columns;

    ctl_table_add (filling->table,
                   first ? g_strconcat (branch, cell, NULL) : g_steal_pointer (&cell));
  }
}

char *
ctl_list_format (GVariant *rows, const CtlListStyle *style)
{
  const Filling filling = { ctl_table_new (style->columns), style->columns };
  GVariantIter iter;
  GVariant *row;

  if (style->tree) {
    ctl_tree_walk (rows, style->utf8, add_row, (gpointer)&filling);
  } else {
    g_variant_iter_init (&iter, rows);
    while (g_variant_iter_loop (&iter, "@a{sv}", &row))
      add_row (row, "", (gpointer)&filling);
  }
  return ctl_table_format (filling.table, style->legend, style->colour);
}
