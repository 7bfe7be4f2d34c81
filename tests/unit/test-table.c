/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <gio/gio.h>

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
  g_autoptr (LinxTable) table = NULL;
  g_autoptr (GString) printed = g_string_new (NULL);
  FILE *stream = fopen (table_path, "re");

  g_assert_nonnull (stream);
  table = linx_table_parse (stream);
  fclose (stream);
  for (guint i = 0; i < table->rows->len; i++) {
    g_autoptr (GVariant) row
        = g_variant_ref_sink (linx_row_to_variant (g_ptr_array_index (table->rows, i), NULL));

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
                  .root = (char *)"/",
                  .mount_point = (char *)"/a\xff",
                  .mount_options = (char *)"ro",
                  .fstype = (char *)"tmpfs",
                  .source = (char *)"t",
                  .super_options = (char *)"rw" };
  g_autoptr (GVariant) some = g_variant_ref_sink (linx_row_to_variant (&row, fields));
  g_autofree char *text = g_variant_print (some, FALSE);

  g_assert_cmpstr (text, ==, "({'id': <uint64 7>, 'fstype': <'tmpfs'>},)");
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
  LinxRow *row = g_new0 (LinxRow, 1);

  row->id = id;
  row->parent = parent;
  row->mount_point = g_strdup (mount_point);
  return row;
}

static void
test_top (void)
{
  LinxTable table = { g_ptr_array_new_with_free_func ((GDestroyNotify)linx_row_free) };

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/table/plain", "plain", test_recorded);
  g_test_add_data_func ("/table/tags", "tags", test_recorded);
  g_test_add_data_func ("/table/escapes", "escapes", test_recorded);
  g_test_add_data_func ("/table/broken", "broken", test_recorded);
  g_test_add_func ("/table/fields", test_fields);
  g_test_add_func ("/table/keys", test_keys);
  g_test_add_func ("/table/top", test_top);
  return g_test_run ();
}
