/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "row.h"
#include "linx-text.h"

#include <string.h>
#include <sys/sysmacros.h>

void
linx_row_free (LinxRow *row)
{
  g_free (row->root);
  g_free (row->mount_point);
  g_free (row->mount_options);
  g_free (row->fstype);
  g_free (row->source);
  g_free (row->super_options);
  g_free (row->user_options);
  g_free (row);
}

const char *
linx_propagation_word (gboolean shared, gboolean slave, gboolean unbindable)
{
  if (shared)
    return slave ? "shared,slave" : "shared";
  if (slave)
    return "slave";
  return unbindable ? "unbindable" : "private";
}

const char *
linx_row_propagation (const LinxRow *row)
{
  return linx_propagation_word (row->shared != 0, row->master != 0, row->unbindable);
}

/* A dictionary in the making. */
typedef struct {
  GVariantBuilder builder;
  GVariantBuilder raw;
  gboolean has_raw;
  const char *const *fields;
} Dictionary;

typedef enum { NUMBER32, NUMBER64, NUMBER64_IF_ANY, TEXT, TEXT_IF_ANY } Kind;

static const struct {
  const char *name;
  Kind kind;
  gsize offset;
} keys[] = {
  { "id", NUMBER64, G_STRUCT_OFFSET (LinxRow, id) },
  { "parent", NUMBER64, G_STRUCT_OFFSET (LinxRow, parent) },
  { "mount-id", NUMBER32, G_STRUCT_OFFSET (LinxRow, mount_id) },
  { "parent-id", NUMBER32, G_STRUCT_OFFSET (LinxRow, parent_id) },
  { "root", TEXT, G_STRUCT_OFFSET (LinxRow, root) },
  { "mount-point", TEXT, G_STRUCT_OFFSET (LinxRow, mount_point) },
  { "mount-options", TEXT, G_STRUCT_OFFSET (LinxRow, mount_options) },
  { "peer-group", NUMBER64_IF_ANY, G_STRUCT_OFFSET (LinxRow, shared) },
  { "master", NUMBER64_IF_ANY, G_STRUCT_OFFSET (LinxRow, master) },
  { "propagate-from", NUMBER64_IF_ANY, G_STRUCT_OFFSET (LinxRow, propagate_from) },
  { "fstype", TEXT, G_STRUCT_OFFSET (LinxRow, fstype) },
  { "source", TEXT, G_STRUCT_OFFSET (LinxRow, source) },
  { "super-options", TEXT, G_STRUCT_OFFSET (LinxRow, super_options) },
  { "user-options", TEXT_IF_ANY, G_STRUCT_OFFSET (LinxRow, user_options) },
};

/* Keys that are made of more than one field, or of none. */
static const char *const other_keys[] = { "device", "propagation", "raw", NULL };

gboolean
linx_row_is_key (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return TRUE;
  return g_strv_contains (other_keys, name);
}

static gboolean
wanted (const Dictionary *dictionary, const char *key)
{
  return dictionary->fields == NULL || g_strv_contains (dictionary->fields, key);
}

static void
add (Dictionary *dictionary, const char *key, GVariant *value)
{
  g_variant_builder_add (&dictionary->builder, "{sv}", key, value);
}

static void
add_text (Dictionary *dictionary, const char *key, const char *bytes)
{
  gboolean valid;
  char *text = linx_text_utf8 (bytes, &valid);

  add (dictionary, key, g_variant_new_take_string (text));
  if (valid)
    return;
  g_variant_builder_add (&dictionary->raw, "{s@ay}", key,
                         g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, strlen (bytes), 1));
  dictionary->has_raw = TRUE;
}

static void
add_key (Dictionary *dictionary, const LinxRow *row, gsize i)
{
  gconstpointer field = G_STRUCT_MEMBER_P (row, keys[i].offset);
  guint64 number;

  switch (keys[i].kind) {
  case NUMBER32:
    add (dictionary, keys[i].name, g_variant_new_uint32 (*(const guint *)field));
    return;
  case NUMBER64:
    add (dictionary, keys[i].name, g_variant_new_uint64 (*(const guint64 *)field));
    return;
  case NUMBER64_IF_ANY:
    number = *(const guint64 *)field;
    if (number != 0)
      add (dictionary, keys[i].name, g_variant_new_uint64 (number));
    return;
  case TEXT_IF_ANY:
    if (*(char *const *)field == NULL)
      return;
    G_GNUC_FALLTHROUGH;
  case TEXT:
    add_text (dictionary, keys[i].name, *(char *const *)field);
    return;
  default:
    g_assert_not_reached ();
  }
}

GVariant *
linx_row_to_variant (const LinxRow *row, const char *const *fields)
{
  Dictionary dictionary = { .fields = fields };
  GVariant *all;

  g_variant_builder_init (&dictionary.builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_init (&dictionary.raw, G_VARIANT_TYPE ("a{say}"));
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (wanted (&dictionary, keys[i].name))
      add_key (&dictionary, row, i);
  if (wanted (&dictionary, "device"))
    add (&dictionary, "device",
         g_variant_new_take_string (
             g_strdup_printf ("%u:%u", major (row->device), minor (row->device))));
  if (wanted (&dictionary, "propagation"))
    add (&dictionary, "propagation", g_variant_new_string (linx_row_propagation (row)));

  if (dictionary.has_raw)
    add (&dictionary, "raw", g_variant_builder_end (&dictionary.raw));
  else
    g_variant_builder_clear (&dictionary.raw);
  all = g_variant_builder_end (&dictionary.builder);
  return g_variant_new_tuple (&all, 1);
}
