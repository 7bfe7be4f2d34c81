/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph.h"
#include "linx-text.h"
#include "rows.h"

/* A string of dot's, in which a backslash would mean something, and an ampersand begin an entity.
 * Names are escaped first, so that no quote is left in them. */
static char *
quote (const char *name)
{
  g_autofree char *escaped = linx_text_escape (name);
  g_autoptr (GString) text = g_string_new (escaped);

  g_string_replace (text, "\\", "\\\\", 0);
  g_string_replace (text, "&", "&amp;", 0);
  g_string_prepend_c (text, '"');
  g_string_append_c (text, '"');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

GString *
ctl_graph_begin (void)
{
  return g_string_new (
      "digraph mounts {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n");
}

static void
add_mount (GString *graph, GVariant *row)
{
  g_autofree char *text = g_strdup_printf ("%s (%s)", ctl_row_string (row, "mount-point"),
                                           ctl_row_string (row, "fstype"));
  g_autofree char *label = quote (text);

  g_string_append_printf (graph, "    m%" G_GUINT64_FORMAT " [label=%s];\n",
                          ctl_row_number (row, "id"), label);
}

static void
add_group (GString *graph, guint64 group)
{
  g_string_append_printf (graph,
                          "  g%" G_GUINT64_FORMAT
                          " [shape=ellipse, label=\"peer group %" G_GUINT64_FORMAT "\"];\n",
                          group, group);
}

static void
add_lines (GString *graph, GVariant *row, GHashTable *ids)
{
  guint64 id = ctl_row_number (row, "id"), parent = ctl_row_number (row, "parent");
  guint64 group = ctl_row_number (row, "peer-group"), master = ctl_row_number (row, "master");

  if (parent != id && g_hash_table_contains (ids, &parent))
    g_string_append_printf (graph, "  m%" G_GUINT64_FORMAT " -> m%" G_GUINT64_FORMAT ";\n", parent,
                            id);
  if (group != 0) {
    add_group (graph, group);
    g_string_append_printf (
        graph, "  m%" G_GUINT64_FORMAT " -> g%" G_GUINT64_FORMAT " [dir=both, style=dashed];\n", id,
        group);
  }
  if (master != 0) {
    add_group (graph, master);
    g_string_append_printf (
        graph, "  g%" G_GUINT64_FORMAT " -> m%" G_GUINT64_FORMAT " [style=dashed];\n", master, id);
  }
}

void
ctl_graph_add (GString *graph, const char *name, GVariant *rows)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autofree char *label = quote (name);
  g_autofree char *text = g_strconcat ("cluster ", name, NULL);
  g_autofree char *cluster = quote (text);
  GVariantIter iter;
  GVariant *row;

  g_string_append_printf (graph, "  subgraph %s {\n    label=%s;\n", cluster, label);
  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_loop (&iter, "@a{sv}", &row)) {
    guint64 *id = g_new (guint64, 1);

    *id = ctl_row_number (row, "id");
    g_hash_table_add (ids, id);
    add_mount (graph, row);
  }
  g_string_append (graph, "  }\n");
  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_loop (&iter, "@a{sv}", &row))
    add_lines (graph, row, ids);
}

char *
ctl_graph_end (GString *graph)
{
  g_string_append (graph, "}\n");
  return g_string_free (graph, FALSE);
}
