/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows.h"

/* Of a reply; less where the rows are large. */
#define PAGE 10000

GVariant *
ctl_rows_of (GVariant *structures)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GVariantIter iter;
  GVariant *row;

  g_variant_iter_init (&iter, structures);
  while (g_variant_iter_loop (&iter, "(@a{sv})", &row))
    g_variant_builder_add_value (&builder, row);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GVariant *
ctl_rows_select (GVariant *rows, const char *const *keys)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GVariantIter row_iter, iter;
  GVariant *row, *value;
  const char *key;

  g_variant_iter_init (&row_iter, rows);
  while (g_variant_iter_loop (&row_iter, "@a{sv}", &row)) {
    g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
    g_variant_iter_init (&iter, row);
    while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
      if (g_strv_contains (keys, key) || g_str_equal (key, "raw"))
        g_variant_builder_add (&builder, "{sv}", key, value);
    g_variant_builder_close (&builder);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

guint64
ctl_row_number (GVariant *row, const char *key)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (row, key, NULL);

  if (value == NULL)
    return 0;
  return g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) ? g_variant_get_uint32 (value)
                                                             : g_variant_get_uint64 (value);
}

const char *
ctl_row_string (GVariant *row, const char *key)
{
  const char *string = "";

  g_variant_lookup (row, key, "&s", &string);
  return string;
}

/* Adds a page to @builder: how many rows it had, or -1. @last is the greatest id. */
static gssize
read_page (LinxMountClient *client, LinxMountOptions *options, GVariantBuilder *builder,
           guint64 *last, GError **error)
{
  g_autoptr (GVariant) page = linx_mount_client_list_mounts (client, options, NULL, error);
  GVariantIter iter;
  GVariant *row;

  if (page == NULL)
    return -1;
  g_variant_iter_init (&iter, page);
  while (g_variant_iter_loop (&iter, "(@a{sv})", &row)) {
    g_variant_builder_add_value (builder, row);
    *last = ctl_row_number (row, "id");
  }
  return (gssize)g_variant_n_children (page);
}

GVariant *
ctl_rows_read (LinxMountClient *client, LinxMountOptions *options, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GError) failed = NULL;
  guint64 last = 0;
  guint limit = PAGE;

  for (;;) {
    gssize n;

    linx_mount_options_set_number (options, "limit", limit);
    linx_mount_options_set_number (options, "after", last);
    g_clear_error (&failed);
    n = read_page (client, options, &builder, &last, &failed);
    if (n >= 0 && n < limit)
      return g_variant_ref_sink (g_variant_builder_end (&builder));
    if (n < 0 && g_error_matches (failed, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED) && limit > 1)
      limit = MAX (limit / 10, 1);
    else if (n < 0)
      break;
  }
  g_propagate_error (error, g_steal_pointer (&failed));
  return NULL;
}
