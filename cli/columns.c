/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "columns.h"
#include "linx-text.h"
#include "rows.h"

/* findmnt(8)'s name, where it has one, for each key of a row. */
static const struct {
  const char *key;
  const char *other;
} columns[] = {
  { "id", NULL },
  { "parent", NULL },
  { "mount-id", NULL },
  { "parent-id", NULL },
  { "device", "maj:min" },
  { "root", "fsroot" },
  { "mount-point", "target" },
  { "mount-options", "vfs-options" },
  { "propagation", NULL },
  { "peer-group", NULL },
  { "master", NULL },
  { "propagate-from", NULL },
  { "fstype", NULL },
  { "source", NULL },
  { "super-options", "fs-options" },
  { "user-options", NULL },
};

static const char *
find (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    if (g_str_equal (columns[i].key, lower) || g_strcmp0 (columns[i].other, lower) == 0)
      return columns[i].key;
  return NULL;
}

GStrv
ctl_columns_parse (const char *list, char **unknown)
{
  g_auto (GStrv) names = g_strsplit (list, ",", -1);
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();

  for (char **name = names; *name != NULL; name++) {
    const char *key = find (*name);

    if (key == NULL) {
      *unknown = g_strdup (*name);
      return NULL;
    }
    g_strv_builder_add (keys, key);
  }
  return g_strv_builder_end (keys);
}

GStrv
ctl_columns_fields (const char *const *wanted)
{
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();

  g_strv_builder_add_many (keys, "id", "parent", "raw", NULL);
  for (; *wanted != NULL; wanted++) {
    g_strv_builder_add (keys, *wanted);
    if (g_str_equal (*wanted, "propagation"))
      g_strv_builder_add_many (keys, "peer-group", "master", "propagate-from", NULL);
  }
  return g_strv_builder_end (keys);
}

static void
append_group (GString *text, const char *word, guint64 group)
{
  if (group != 0)
    g_string_append_printf (text, "%s%s:%" G_GUINT64_FORMAT, text->len > 0 ? "," : "", word, group);
}

static char *
propagation (GVariant *row)
{
  GString *text = g_string_new (NULL);

  append_group (text, "shared", ctl_row_number (row, "peer-group"));
  append_group (text, "master", ctl_row_number (row, "master"));
  append_group (text, "propagate_from", ctl_row_number (row, "propagate-from"));
  if (text->len == 0)
    g_string_append (text, ctl_row_string (row, "propagation"));
  return g_string_free (text, FALSE);
}

/* (transfer full): the bytes of what is not UTF-8; NULL where it is. */
static char *
raw_value (const char *column, GVariant *row)
{
  g_autoptr (GVariant) raw = g_variant_lookup_value (row, "raw", G_VARIANT_TYPE ("a{say}"));
  g_autoptr (GVariant) bytes
      = raw != NULL ? g_variant_lookup_value (raw, column, G_VARIANT_TYPE_BYTESTRING) : NULL;
  const char *data;
  gsize n;

  if (bytes == NULL)
    return NULL;
  data = g_variant_get_fixed_array (bytes, &n, 1);
  return g_strndup (data, n);
}

char *
ctl_columns_cell (const char *column, GVariant *row)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (row, column, NULL);
  g_autofree char *raw = raw_value (column, row);

  if (raw != NULL)
    return linx_text_escape (raw);
  if (g_str_equal (column, "propagation"))
    return propagation (row);
  if (value == NULL)
    return g_strdup ("");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return linx_text_escape (g_variant_get_string (value, NULL));
  return g_variant_print (value, FALSE);
}
