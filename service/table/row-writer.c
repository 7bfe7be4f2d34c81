/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table/row-writer.h"
#include "linx-text.h"

#include <string.h>
#include <sys/sysmacros.h>

typedef enum { NUMBER32, NUMBER64, NUMBER64_IF_ANY, TEXT, TEXT_IF_ANY, DEVICE, PROPAGATION } Kind;

static const struct {
  const char *name;
  Kind kind;
  gsize offset;
} keys[] = {
  { "id", NUMBER64, G_STRUCT_OFFSET (LinxRow, id) },
  { "parent", NUMBER64, G_STRUCT_OFFSET (LinxRow, parent) },
  { "mount-id", NUMBER32, G_STRUCT_OFFSET (LinxRow, mount_id) },
  { "parent-id", NUMBER32, G_STRUCT_OFFSET (LinxRow, parent_id) },
  { "device", DEVICE, G_STRUCT_OFFSET (LinxRow, device) },
  { "root", TEXT, G_STRUCT_OFFSET (LinxRow, root) },
  { "mount-point", TEXT, G_STRUCT_OFFSET (LinxRow, mount_point) },
  { "mount-options", TEXT, G_STRUCT_OFFSET (LinxRow, mount_options) },
  { "propagation", PROPAGATION, 0 },
  { "peer-group", NUMBER64_IF_ANY, G_STRUCT_OFFSET (LinxRow, shared) },
  { "master", NUMBER64_IF_ANY, G_STRUCT_OFFSET (LinxRow, master) },
  { "propagate-from", NUMBER64_IF_ANY, G_STRUCT_OFFSET (LinxRow, propagate_from) },
  { "fstype", TEXT, G_STRUCT_OFFSET (LinxRow, fstype) },
  { "source", TEXT, G_STRUCT_OFFSET (LinxRow, source) },
  { "super-options", TEXT, G_STRUCT_OFFSET (LinxRow, super_options) },
  { "user-options", TEXT_IF_ANY, G_STRUCT_OFFSET (LinxRow, user_options) },
};

/* The bytes of values that are no UTF-8. */
#define RAW "raw"

/* What a dictionary's entry takes on the bus beside its key and its text: two lengths, two zero
 * bytes, a signature, and what fills up to the next multiple of 8. */
#define ENTRY_BYTES 32

/* What GLib takes for a value with its bytes, for one that is made of others, and for each of
 * these.
 */
#define VALUE_MEMORY 160
#define NODE_MEMORY 96
#define CHILD_MEMORY sizeof (GVariant *)

/* A key and the last value that it had, as one entry of a dictionary. */
typedef struct {
  gboolean wanted;
  GVariant *key;
  GVariant *entry; /* NULL: none yet */
  GVariant *raw;   /* NULL: the text is UTF-8 */
  guint64 number;
  char *text;
  gsize bytes;
  gboolean counted; /* in what the rows take in memory */
} Column;

struct _LinxRowWriter {
  Column columns[G_N_ELEMENTS (keys)];
  gboolean raw_wanted;
  GPtrArray *rows;
  gsize bytes;
  gsize memory;
};

gboolean
linx_row_is_key (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return TRUE;
  return g_str_equal (name, RAW);
}

static gboolean
is_wanted (const char *const *fields, const char *key)
{
  return fields == NULL || g_strv_contains (fields, key);
}

LinxRowWriter *
linx_row_writer_new (const char *const *fields)
{
  LinxRowWriter *writer = g_new0 (LinxRowWriter, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    writer->columns[i].wanted = is_wanted (fields, keys[i].name);
    writer->columns[i].key = g_variant_ref_sink (g_variant_new_string (keys[i].name));
  }
  writer->raw_wanted = is_wanted (fields, RAW);
  writer->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  return writer;
}

static void
forget_value (Column *column)
{
  g_clear_pointer (&column->entry, g_variant_unref);
  g_clear_pointer (&column->raw, g_variant_unref);
  g_clear_pointer (&column->text, g_free);
}

void
linx_row_writer_free (LinxRowWriter *writer)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    forget_value (&writer->columns[i]);
    g_variant_unref (writer->columns[i].key);
  }
  g_ptr_array_unref (writer->rows);
  g_free (writer);
}

gboolean
linx_row_writer_wants (const LinxRowWriter *writer, const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, key))
      return writer->columns[i].wanted;
  return writer->raw_wanted;
}

/* Takes over @value, which is floating. */
static void
set_value (Column *column, GVariant *value, gsize bytes)
{
  GVariant *entry = g_variant_new_dict_entry (column->key, g_variant_new_variant (value));

  column->entry = g_variant_ref_sink (entry);
  column->bytes = bytes;
  column->counted = FALSE;
}

static void
set_number (Column *column, const char *name, guint64 number, gboolean wide)
{
  if (column->entry != NULL && column->number == number)
    return;
  forget_value (column);
  column->number = number;
  set_value (column, wide ? g_variant_new_uint64 (number) : g_variant_new_uint32 ((guint32)number),
             strlen (name) + ENTRY_BYTES);
}

static void
set_text (Column *column, const char *name, const char *text)
{
  g_autofree char *utf8 = NULL;
  gboolean valid;

  if (column->entry != NULL && g_str_equal (column->text, text))
    return;
  forget_value (column);
  column->text = g_strdup (text);
  utf8 = linx_text_utf8 (text, &valid);
  set_value (column, g_variant_new_string (utf8), strlen (name) + strlen (utf8) + ENTRY_BYTES);
  if (valid)
    return;
  column->raw = g_variant_ref_sink (g_variant_new (
      "{s@ay}", name, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, strlen (text), 1)));
  column->bytes += strlen (name) + strlen (text) + ENTRY_BYTES;
}

static void
set_device (Column *column, const char *name, dev_t device)
{
  char text[32];

  if (column->entry != NULL && column->number == device)
    return;
  g_snprintf (text, sizeof text, "%u:%u", major (device), minor (device));
  set_text (column, name, text);
  column->number = device;
}

/* Gives the column the row's value. Returns whether the row has one. */
static gboolean
set_column (Column *column, gsize i, const LinxRow *row)
{
  const char *name = keys[i].name;
  gconstpointer field = G_STRUCT_MEMBER_P (row, keys[i].offset);
  guint64 number = 0;
  const char *text = NULL;

  switch (keys[i].kind) {
  case NUMBER32:
    set_number (column, name, *(const guint *)field, FALSE);
    return TRUE;
  case NUMBER64:
  case NUMBER64_IF_ANY:
    number = *(const guint64 *)field;
    if (number == 0 && keys[i].kind == NUMBER64_IF_ANY)
      return FALSE;
    set_number (column, name, number, TRUE);
    return TRUE;
  case TEXT:
  case TEXT_IF_ANY:
    text = *(const char *const *)field;
    if (text != NULL)
      set_text (column, name, text);
    return text != NULL;
  case DEVICE:
    set_device (column, name, *(const dev_t *)field);
    return TRUE;
  case PROPAGATION:
    set_text (column, name, linx_row_propagation (row));
    return TRUE;
  default:
    g_assert_not_reached ();
  }
}

static GVariant *
raw_entry (GVariant *const *raws, gsize n)
{
  return g_variant_new_dict_entry (
      g_variant_new_string (RAW),
      g_variant_new_variant (g_variant_new_array (G_VARIANT_TYPE ("{say}"), raws, n)));
}

/* Of a value that is a new one. */
static gsize
take_memory (Column *column)
{
  gsize values = column->raw != NULL ? 2 : 1;

  if (column->counted)
    return 0;
  column->counted = TRUE;
  return values * (VALUE_MEMORY + 2 * NODE_MEMORY) + column->bytes;
}

gsize
linx_row_writer_add (LinxRowWriter *writer, const LinxRow *row)
{
  GVariant *entries[G_N_ELEMENTS (keys) + 1];
  GVariant *raws[G_N_ELEMENTS (keys)];
  gsize n = 0, n_raws = 0;
  GVariant *dictionary;

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    Column *column = &writer->columns[i];

    if (!column->wanted || !set_column (column, i, row))
      continue;
    writer->memory += take_memory (column);
    entries[n++] = column->entry;
    writer->bytes += column->bytes;
    if (column->raw != NULL)
      raws[n_raws++] = column->raw;
  }
  if (n_raws > 0 && writer->raw_wanted) {
    entries[n++] = raw_entry (raws, n_raws);
    writer->bytes += sizeof RAW + ENTRY_BYTES;
    writer->memory += VALUE_MEMORY + 3 * NODE_MEMORY + n_raws * CHILD_MEMORY;
  }
  writer->memory += 2 * NODE_MEMORY + (n + 2) * CHILD_MEMORY;
  dictionary = g_variant_new_array (G_VARIANT_TYPE ("{sv}"), entries, n);
  g_ptr_array_add (writer->rows, g_variant_ref_sink (g_variant_new_tuple (&dictionary, 1)));
  return writer->bytes += ENTRY_BYTES;
}

gsize
linx_row_writer_bytes (const LinxRowWriter *writer)
{
  return writer->bytes;
}

gsize
linx_row_writer_memory (const LinxRowWriter *writer)
{
  return writer->memory;
}

guint
linx_row_writer_count (const LinxRowWriter *writer)
{
  return writer->rows->len;
}

GVariant *
linx_row_writer_end (LinxRowWriter *writer)
{
  GVariant *all = g_variant_new_array (G_VARIANT_TYPE ("(a{sv})"),
                                       (GVariant *const *)writer->rows->pdata, writer->rows->len);

  g_ptr_array_set_size (writer->rows, 0);
  writer->bytes = 0;
  writer->memory = 0;
  return all;
}
