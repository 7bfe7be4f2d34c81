/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mountinfo.h"
#include "table/row-writer.h"
#include "mount/subtree.h"
#include "table/table.h"

#include <gio/gio.h>

static gboolean
write_row (LinxRow *row, gpointer writer)
{
  linx_row_writer_add (writer, row);
  return TRUE;
}

/* Each recorded mountinfo, data/NAME.mountinfo, has its rows beside it as GVariant text,
 * data/NAME.rows, one a line. */
static void
test_recorded (gconstpointer user_data)
{
  const char *name = user_data;
  g_autofree char *table_name = g_strconcat (name, ".mountinfo", NULL);
  g_autofree char *rows_name = g_strconcat (name, ".rows", NULL);
  g_autofree char *table_path = g_test_build_filename (G_TEST_DIST, "data", table_name, NULL);
  g_autofree char *rows_path = g_test_build_filename (G_TEST_DIST, "data", rows_name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxRowWriter) writer = linx_row_writer_new (NULL);
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GString) printed = g_string_new (NULL);
  FILE *stream = fopen (table_path, "re");

  g_assert_nonnull (stream);
  linx_mountinfo_each (stream, write_row, writer);
  fclose (stream);
  rows = g_variant_ref_sink (linx_row_writer_end (writer));
  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

    g_variant_print_string (row, printed, FALSE);
    g_string_append_c (printed, '\n');
  }
  g_file_get_contents (rows_path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (printed->str, ==, text);
}

static void
test_fields (void)
{
  static const char *const fields[] = { "id", "fstype", NULL };
  LinxRow row = { .id = 7,
                  .root = "/",
                  .mount_point = "/a\xff",
                  .mount_options = "ro",
                  .fstype = "tmpfs",
                  .source = "t",
                  .super_options = "rw" };
  g_autoptr (LinxRowWriter) writer = linx_row_writer_new (fields);
  g_autoptr (GVariant) some = NULL;
  g_autofree char *text = NULL;

  linx_row_writer_add (writer, &row);
  row.id = 8;
  linx_row_writer_add (writer, &row);
  row.fstype = "ramfs";
  linx_row_writer_add (writer, &row);
  g_assert_cmpuint (linx_row_writer_count (writer), ==, 3);
  some = g_variant_ref_sink (linx_row_writer_end (writer));
  text = g_variant_print (some, FALSE);
  g_assert_cmpstr (text, ==,
                   "[({'id': <uint64 7>, 'fstype': <'tmpfs'>},), "
                   "({'id': <uint64 8>, 'fstype': <'tmpfs'>},), "
                   "({'id': <uint64 8>, 'fstype': <'ramfs'>},)]");
}

static void
test_keys (void)
{
  g_assert_true (linx_row_is_key ("mount-point"));
  g_assert_true (linx_row_is_key ("propagation"));
  g_assert_true (linx_row_is_key ("device"));
  g_assert_false (linx_row_is_key ("mount_point"));
  g_assert_false (linx_row_is_key (""));
}

static LinxRow *
row_at (guint64 id, guint64 parent, const char *mount_point)
{
  const LinxRow row = { .id = id, .parent = parent, .mount_point = mount_point };

  return linx_row_copy (&row);
}

static void
test_top (void)
{
  LinxTable table = { .rows = g_ptr_array_new_with_free_func (g_free) };

  g_ptr_array_add (table.rows, row_at (1, 0, "/"));
  g_ptr_array_add (table.rows, row_at (2, 4, "/mnt"));
  g_ptr_array_add (table.rows, row_at (3, 1, "/mnt"));
  g_ptr_array_add (table.rows, row_at (4, 3, "/mnt"));
  g_ptr_array_add (table.rows, row_at (5, 2, "/mnt/a"));
  g_ptr_array_add (table.rows, row_at (6, 3, "/mnt/a")); /* hidden by 4 and 2 */
  g_assert_cmpuint (linx_table_find_top (&table, "/mnt", 1)->id, ==, 2);
  g_assert_cmpuint (linx_table_find_top (&table, "/mnt/a", 2)->id, ==, 5);
  g_assert_null (linx_table_find_top (&table, "/mn", 1));
  g_assert_cmpuint (linx_table_find (&table, 3)->id, ==, 3);
  g_assert_null (linx_table_find (&table, 9));
  g_ptr_array_unref (table.rows);
}

/* As a table shows it that was read while two mounts changed places, over and over. */
static void
test_ring (void)
{
  LinxRow rows[] = { { .id = 2, .parent = 3, .mount_point = "/mnt/a" },
                     { .id = 3, .parent = 2, .mount_point = "/mnt/a" } };
  LinxTable table = { .rows = g_ptr_array_new () };
  g_autoptr (GPtrArray) below = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_ptr_array_add (table.rows, &rows[i]);
  below = linx_subtree_rows (&table, 2);
  g_assert_cmpuint (below->len, <=, 2);
  g_assert_nonnull (linx_table_find_top (&table, "/mnt/a", 2));
  g_ptr_array_unref (table.rows);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/table/plain", "plain", test_recorded);
  g_test_add_data_func ("/table/tags", "tags", test_recorded);
  g_test_add_data_func ("/table/escapes", "escapes", test_recorded);
  g_test_add_data_func ("/table/broken", "broken", test_recorded);
  g_test_add_data_func ("/table/old", "old", test_recorded);
  g_test_add_data_func ("/table/container", "container", test_recorded);
  g_test_add_data_func ("/table/long", "long", test_recorded);
  g_test_add_func ("/table/fields", test_fields);
  g_test_add_func ("/table/keys", test_keys);
  g_test_add_func ("/table/top", test_top);
  g_test_add_func ("/table/ring", test_ring);
  return g_test_run ();
}
