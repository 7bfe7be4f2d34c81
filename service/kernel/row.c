/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/row.h"

#include <string.h>

static const gsize texts[] = {
  G_STRUCT_OFFSET (LinxRow, root),          G_STRUCT_OFFSET (LinxRow, mount_point),
  G_STRUCT_OFFSET (LinxRow, mount_options), G_STRUCT_OFFSET (LinxRow, fstype),
  G_STRUCT_OFFSET (LinxRow, source),        G_STRUCT_OFFSET (LinxRow, super_options),
  G_STRUCT_OFFSET (LinxRow, user_options),
};

#define TEXT(row, i) G_STRUCT_MEMBER (const char *, row, texts[i])

gsize
linx_row_bytes (const LinxRow *row)
{
  gsize size = sizeof *row;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    size += TEXT (row, i) != NULL ? strlen (TEXT (row, i)) + 1 : 0;
  return size;
}

LinxRow *
linx_row_copy (const LinxRow *row)
{
  LinxRow *copy = g_malloc (linx_row_bytes (row));
  char *at;

  *copy = *row;
  at = (char *)(copy + 1);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if (TEXT (row, i) != NULL) {
      TEXT (copy, i) = at;
      at = g_stpcpy (at, TEXT (row, i)) + 1;
    }
  return copy;
}

gint
linx_mount_id_compare (gconstpointer a, gconstpointer b)
{
  guint64 id_a = *(const guint64 *)a, id_b = *(const guint64 *)b;

  return id_a < id_b ? -1 : id_a > id_b;
}

gint
linx_row_compare (gconstpointer a, gconstpointer b)
{
  return linx_mount_id_compare (&(*(LinxRow *const *)a)->id, &(*(LinxRow *const *)b)->id);
}

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
static guint64
hash_bytes (guint64 hash, gconstpointer bytes, gsize n)
{
  for (const guchar *p = bytes; n > 0; p++, n--)
    hash = (hash ^ *p) * 0x100000001b3U;
  return hash;
}

guint64
linx_row_hash (const LinxRow *row)
{
  const guint64 numbers[] = { row->parent, row->device,         row->shared,
                              row->master, row->propagate_from, (guint64)row->unbindable };
  guint64 hash = hash_bytes (0xcbf29ce484222325U, numbers, sizeof numbers);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if (TEXT (row, i) != NULL)
      hash = hash_bytes (hash, TEXT (row, i), strlen (TEXT (row, i)) + 1);
  return hash;
}

char *
linx_row_unescape (char *field)
{
  char *out = strchr (field, '\\');

  for (const char *p = out; p != NULL && *p != '\0'; p++)
    if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0'
        && p[3] <= '7') {
      *out++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
      p += 3;
    } else {
      *out++ = *p;
    }
  if (out != NULL)
    *out = '\0';
  return field;
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
