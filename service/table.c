/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"
#include "kernel-features.h"
#include "linx-error.h"
#include "mount-id.h"
#include "mountinfo.h"
#include "statmount.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>

/* So much is kept of a table: of a hundred thousand ordinary rows it is 30 MiB. */
#define MOST_BYTES (96 << 20)

/* Rows that are kept. */
typedef struct {
  GPtrArray *rows;
  gsize bytes;
} Kept;

static gboolean
keep (Kept *kept, const LinxRow *row)
{
  kept->bytes += linx_row_bytes (row);
  if (kept->bytes > MOST_BYTES)
    return FALSE;
  g_ptr_array_add (kept->rows, linx_row_copy (row));
  return TRUE;
}

static gboolean
check_kept (const Kept *kept, GError **error)
{
  if (kept->bytes > MOST_BYTES)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "a mount table of more than %d MiB", MOST_BYTES >> 20);
  return kept->bytes <= MOST_BYTES;
}

void
linx_table_free (LinxTable *table)
{
  g_ptr_array_unref (table->rows);
  g_free (table);
}

/* What the way by statmount(2) keeps. */
typedef struct {
  const LinxTableQuery *query;
  LinxRowFunc func;
  gpointer data;
  guint n;
} Passing;

static gboolean
pass (LinxRow *row, gpointer data)
{
  Passing *passing = data;
  const LinxTableQuery *query = passing->query;

  if (query->matches != NULL && !query->matches (row, query->data))
    return TRUE;
  passing->n++;
  return passing->func (row, passing->data) && passing->n != query->limit;
}

/* What the way by mountinfo keeps: before Linux 6.8 its lines are in no order of ids. */
typedef struct {
  const LinxTableQuery *query;
  const LinxMountIds *ids; /* NULL: mountinfo's own are all there are */
  Kept kept;
} Collecting;

static void
keep_lowest (Kept *kept, guint n)
{
  GPtrArray *rows = kept->rows;

  g_ptr_array_sort (rows, linx_row_compare);
  for (guint i = n; n != 0 && i < rows->len; i++)
    kept->bytes -= linx_row_bytes (g_ptr_array_index (rows, i));
  if (n != 0 && rows->len > n)
    g_ptr_array_set_size (rows, (gint)n);
}

static gboolean
collect (LinxRow *row, gpointer data)
{
  Collecting *collecting = data;
  const LinxTableQuery *query = collecting->query;

  if (collecting->ids != NULL && !linx_mount_ids_take (collecting->ids, row))
    return TRUE;
  if (row->id <= query->after && query->after != 0)
    return TRUE;
  if (query->matches != NULL && !query->matches (row, query->data))
    return TRUE;
  if (!keep (&collecting->kept, row))
    return FALSE;
  if (query->limit != 0 && collecting->kept.rows->len / 2 >= query->limit)
    keep_lowest (&collecting->kept, query->limit);
  return TRUE;
}

/* Ids are read first: a line whose mount is not among them is of one that came since. */
static GPtrArray *
read_lines (const LinxTableQuery *query, GError **error)
{
  g_autoptr (LinxMountIds) ids = NULL;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  Collecting collecting = { query, NULL, { rows, 0 } };
  FILE *stream;
  int fd;

  if (linx_feature_unique_mount_id ()) {
    collecting.ids = ids = linx_mount_ids_read (query->top, error);
    if (ids == NULL)
      return NULL;
  }
  fd = query->mountinfo >= 0 ? fcntl (query->mountinfo, F_DUPFD_CLOEXEC, 0)
                             : linx_mountinfo_open_own ();
  stream = fd >= 0 ? fdopen (fd, "re") : NULL;
  if (stream == NULL) {
    linx_error_set (error, LINX_MOUNT_STAGE_LIST, errno, "mountinfo", NULL);
    return NULL;
  }
  linx_mountinfo_each (stream, collect, &collecting);
  fclose (stream);
  if (!check_kept (&collecting.kept, error))
    return NULL;
  keep_lowest (&collecting.kept, query->limit);
  return g_steal_pointer (&rows);
}

gboolean
linx_table_each (const LinxTableQuery *query, LinxRowFunc func, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  Passing passing = { query, func, data, 0 };

  if (query->mountinfo < 0 && linx_feature_statmount ())
    return linx_statmount_each (0, query->after, pass, &passing, error);
  rows = read_lines (query, error);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    if (!func (g_ptr_array_index (rows, i), data))
      break;
  return rows != NULL;
}

static gboolean
keep_row (LinxRow *row, gpointer kept)
{
  return keep (kept, row);
}

LinxTable *
linx_table_read (GError **error)
{
  g_autoptr (LinxTable) table = g_new0 (LinxTable, 1);
  const LinxTableQuery all = { .mountinfo = -1 };
  Kept kept = { g_ptr_array_new_with_free_func (g_free), 0 };

  table->rows = kept.rows;
  if (!linx_table_each (&all, keep_row, &kept, error) || !check_kept (&kept, error))
    return NULL;
  return g_steal_pointer (&table);
}

const LinxRow *
linx_table_find (const LinxTable *table, guint64 id)
{
  for (guint i = 0; i < table->rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);

    if (row->id == id)
      return row;
  }
  return NULL;
}

/* What is mounted at @mount_point, by the mount that it is on: there may be thousands. */
static GHashTable *
find_at (const LinxTable *table, const char *mount_point)
{
  GHashTable *at = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < table->rows->len; i++) {
    LinxRow *row = g_ptr_array_index (table->rows, i);

    if (row->parent != row->id && g_str_equal (row->mount_point, mount_point)
        && !g_hash_table_contains (at, &row->parent))
      g_hash_table_insert (at, &row->parent, row);
  }
  return at;
}

const LinxRow *
linx_table_find_top (const LinxTable *table, const char *mount_point, guint64 on)
{
  g_autoptr (GHashTable) at = find_at (table, mount_point);
  const LinxRow *top = NULL, *next;

  while ((next = g_hash_table_lookup (at, top != NULL ? &top->id : &on)) != NULL)
    top = next;
  return top;
}
