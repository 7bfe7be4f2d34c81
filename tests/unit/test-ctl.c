/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "columns.h"
#include "graph.h"
#include "json.h"
#include "linx-text.h"
#include "list.h"
#include "rows.h"
#include "tree.h"

#include <string.h>

/*
 * What linx-mountctl prints of a fixed table, against what it printed when people had looked at it.
 * LINX_GOLDEN_WRITE=1 writes that anew.
 */

static char *
path_of (const char *name)
{
  return g_build_filename (g_getenv ("G_TEST_SRCDIR"), "data", "ctl", name, NULL);
}

static char *
read_file (const char *name)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static GVariant *
read_rows (void)
{
  g_autofree char *text = read_file ("rows");
  g_autoptr (GError) error = NULL;
  GVariant *rows = g_variant_parse (G_VARIANT_TYPE ("aa{sv}"), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return rows;
}

/* Nothing in it acts on a terminal, but the ends of lines. */
static void
assert_harmless (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (; *text != '\0'; text = g_utf8_next_char (text))
    g_assert_false (*text != '\n' && linx_text_acts (g_utf8_get_char (text)));
}

/* Takes @printed over. */
static void
assert_golden (const char *name, char *printed)
{
  g_autofree char *text = printed;
  g_autofree char *path = path_of (name);
  g_autofree char *golden = NULL;

  assert_harmless (text);
  if (g_getenv ("LINX_GOLDEN_WRITE") != NULL)
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
  golden = read_file (name);
  g_assert_cmpstr (text, ==, golden);
}

static char *
format (const char *columns, gboolean tree, gboolean utf8, gboolean legend)
{
  g_autoptr (GVariant) rows = read_rows ();
  g_autofree char *unknown = NULL;
  g_auto (GStrv) keys = ctl_columns_parse (columns, &unknown);
  const CtlListStyle style = { (const char *const *)keys, tree, utf8, legend, FALSE };

  return ctl_list_format (rows, &style);
}

static void
test_table (void)
{
  assert_golden ("table", format (CTL_COLUMNS_DEFAULT, FALSE, TRUE, TRUE));
}

static void
test_all_columns (void)
{
  assert_golden ("all-columns",
                 format ("id,parent,mount-id,parent-id,MAJ:MIN,FSROOT,TARGET,mount-options,"
                         "propagation,peer-group,master,propagate-from,fstype,source,"
                         "super-options,user-options",
                         FALSE, TRUE, FALSE));
}

static void
test_tree (void)
{
  assert_golden ("tree", format (CTL_COLUMNS_DEFAULT, TRUE, TRUE, TRUE));
  assert_golden ("tree-ascii", format ("target,propagation", TRUE, FALSE, FALSE));
}

static void
test_json (void)
{
  g_autoptr (GVariant) rows = read_rows ();

  assert_golden ("json-short", ctl_json_format (rows, FALSE));
  assert_golden ("json-pretty", ctl_json_format (rows, TRUE));
}

static void
test_graph (void)
{
  g_autoptr (GVariant) rows = read_rows ();
  g_autoptr (GString) graph = ctl_graph_begin ();

  ctl_graph_add (graph, "host", rows);
  ctl_graph_add (graph, "\"/run/ns\\\"", rows);
  assert_golden ("graph", ctl_graph_end (g_steal_pointer (&graph)));
}

static void
test_unknown_column (void)
{
  g_autofree char *unknown = NULL;

  g_assert_null (ctl_columns_parse ("id,nothing", &unknown));
  g_assert_cmpstr (unknown, ==, "nothing");
}

static void
count (GVariant *row, const char *branch, gpointer user_data)
{
  guint *n = user_data;

  (void)row;
  g_assert_cmpuint (strlen (branch), <, 512);
  (*n)++;
}

/* A stack of 100,000 mounts, each on the one before: no depth of calls, and no line without end. */
static void
test_deep_tree (void)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) rows = NULL;
  guint n = 0;

  for (guint64 id = 1; id <= 100000; id++) {
    g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&builder, "{sv}", "id", g_variant_new_uint64 (id));
    g_variant_builder_add (&builder, "{sv}", "parent", g_variant_new_uint64 (id - 1));
    g_variant_builder_close (&builder);
  }
  rows = g_variant_ref_sink (g_variant_builder_end (&builder));
  ctl_tree_walk (rows, TRUE, count, &n);
  g_assert_cmpuint (n, ==, 100000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/table", test_table);
  g_test_add_func ("/ctl/all-columns", test_all_columns);
  g_test_add_func ("/ctl/tree", test_tree);
  g_test_add_func ("/ctl/json", test_json);
  g_test_add_func ("/ctl/graph", test_graph);
  g_test_add_func ("/ctl/unknown-column", test_unknown_column);
  g_test_add_func ("/ctl/deep-tree", test_deep_tree);
  return g_test_run ();
}
