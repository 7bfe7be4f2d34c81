/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A mount table as text: as a stream of rows, as a table, and as what the bus carries.
 */

#include "kernel/mountinfo.h"
#include "table/row-writer.h"
#include "table/table.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

typedef struct {
  LinxRowWriter *writer;
  GPtrArray *rows;
} Reading;

static gboolean
take_row (LinxRow *row, gpointer data)
{
  Reading *reading = data;
  LinxRow *copy = linx_row_copy (row);

  g_assert_cmpuint (linx_row_hash (copy), ==, linx_row_hash (row));
  g_ptr_array_add (reading->rows, copy);
  linx_row_writer_add (reading->writer, row);
  return TRUE;
}

/* The key's bytes: those beside the text, where that could not carry them. */
static void
check_text (GVariantDict *row, const char *key, const char *expected)
{
  g_autoptr (GVariant) raw = g_variant_dict_lookup_value (row, "raw", G_VARIANT_TYPE ("a{say}"));
  g_autoptr (GVariant) bytes
      = raw != NULL ? g_variant_lookup_value (raw, key, G_VARIANT_TYPE_BYTESTRING) : NULL;
  const char *text;

  if (bytes != NULL) {
    g_assert_cmpmem (g_variant_get_data (bytes), g_variant_get_size (bytes), expected,
                     strlen (expected));
    return;
  }
  g_assert_true (g_variant_dict_lookup (row, key, "&s", &text));
  g_assert_cmpstr (text, ==, expected);
}

static void
check_row (GVariant *dictionary, const LinxRow *row)
{
  GVariantDict dict;
  guint64 id;

  g_variant_dict_init (&dict, dictionary);
  g_assert_true (g_variant_dict_lookup (&dict, "id", "t", &id));
  g_assert_cmpuint (id, ==, row->id);
  check_text (&dict, "root", row->root);
  check_text (&dict, "mount-point", row->mount_point);
  check_text (&dict, "mount-options", row->mount_options);
  check_text (&dict, "fstype", row->fstype);
  check_text (&dict, "source", row->source);
  check_text (&dict, "super-options", row->super_options);
  g_variant_dict_clear (&dict);
}

/* What the bus carries of it, and that it takes no more than was said. */
static void
check_on_bus (GVariant *rows, gsize most)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal ("/a", "a.a", "a");
  g_autoptr (GError) error = NULL;
  g_autofree guchar *blob = NULL;
  g_autoptr (GDBusMessage) received = NULL;
  gsize size, empty;

  g_dbus_message_set_serial (message, 1);
  g_free (g_dbus_message_to_blob (message, &empty, G_DBUS_CAPABILITY_FLAGS_NONE, NULL));
  g_dbus_message_set_body (message, g_variant_new ("(@a(a{sv}))", rows));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
  g_assert_no_error (error);
  /* The signature and the array's own length are not of the rows. */
  g_assert_cmpuint (size - empty, <=, most + 64);
  received = g_dbus_message_new_from_blob (blob, size, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_is_normal_form (g_dbus_message_get_body (received)));
}

static void
check_rows (Reading *reading)
{
  gsize most = linx_row_writer_bytes (reading->writer);
  guint n = linx_row_writer_count (reading->writer);
  g_autoptr (GVariant) rows = g_variant_ref_sink (linx_row_writer_end (reading->writer));

  g_assert_cmpuint (n, ==, reading->rows->len);
  g_assert_cmpuint (g_variant_n_children (rows), ==, n);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);
    g_autoptr (GVariant) dictionary = g_variant_get_child_value (row, 0);

    check_row (dictionary, g_ptr_array_index (reading->rows, i));
  }
  check_on_bus (rows, most);
}

static gboolean
take_id (LinxRow *row, gpointer data)
{
  guint64 *before = data;

  g_assert_cmpuint (row->id, >=, *before);
  *before = row->id;
  return TRUE;
}

/* The pages of a table are in order, and none has more rows than it may. */
static void
check_table (const guint8 *bytes, gsize size)
{
  int fd = memfd_create ("table", MFD_CLOEXEC);
  const LinxTableQuery query = { .mountinfo = fd, .after = 2, .limit = size > 0 ? bytes[0] : 0 };
  g_autoptr (GError) error = NULL;
  guint64 before = 0;

  g_assert_true (fd >= 0 && pwrite (fd, bytes, size, 0) == (ssize_t)size);
  g_assert_true (linx_table_each (&query, take_id, &before, &error));
  g_assert_no_error (error);
  close (fd);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
  g_autoptr (LinxRowWriter) writer = linx_row_writer_new (NULL);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  Reading reading = { writer, rows };
  FILE *stream = size > 0 ? fmemopen ((void *)bytes, size, "re") : NULL;

  if (stream == NULL)
    return -1;
  linx_mountinfo_each (stream, take_row, &reading);
  fclose (stream);
  check_rows (&reading);
  check_table (bytes, size);
  return 0;
}
