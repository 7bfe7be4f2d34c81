/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

struct _CtlTable {
  GPtrArray *titles;
  GPtrArray *cells; /* line by line */
};

CtlTable *
ctl_table_new (const char *const *titles)
{
  CtlTable *table = g_new (CtlTable, 1);

  table->titles = g_ptr_array_new_with_free_func (g_free);
  table->cells = g_ptr_array_new_with_free_func (g_free);
  for (; *titles != NULL; titles++)
    g_ptr_array_add (table->titles, g_ascii_strup (*titles, -1));
  return table;
}

void
ctl_table_add (CtlTable *table, char *cell)
{
  g_ptr_array_add (table->cells, cell);
}

/* In places of a terminal. */
static gsize
width_of (const char *text)
{
  gsize width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
  }
  return width;
}

static gsize *
widths (const CtlTable *table, gboolean legend)
{
  guint n = table->titles->len;
  gsize *width = g_new0 (gsize, n);

  for (guint i = 0; legend && i < n; i++)
    width[i] = width_of (table->titles->pdata[i]);
  for (guint i = 0; i < table->cells->len; i++)
    width[i % n] = MAX (width[i % n], width_of (table->cells->pdata[i]));
  return width;
}

/* The last cell of a line has nothing after it, but spaces of its own. */
static void
append_line (GString *text, char **cells, const gsize *width, guint n)
{
  gsize gap = 0;

  for (guint i = 0; i < n; i++) {
    for (; cells[i][0] != '\0' && gap > 0; gap--)
      g_string_append_c (text, ' ');
    g_string_append (text, cells[i]);
    gap += width[i] - width_of (cells[i]) + 1;
  }
}

char *
ctl_table_format (CtlTable *table, gboolean legend, gboolean colour)
{
  GString *text = g_string_new (NULL);
  g_autofree gsize *width = widths (table, legend);
  guint n = table->titles->len;

  if (legend) {
    g_string_append (text, colour ? BOLD : "");
    append_line (text, (char **)table->titles->pdata, width, n);
    g_string_append (text, colour ? PLAIN "\n" : "\n");
  }
  for (guint i = 0; i < table->cells->len; i += n) {
    append_line (text, (char **)table->cells->pdata + i, width, n);
    g_string_append_c (text, '\n');
  }
  g_ptr_array_unref (table->titles);
  g_ptr_array_unref (table->cells);
  g_free (table);
  return g_string_free (text, FALSE);
}
