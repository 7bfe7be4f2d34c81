/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table/table.h"
#include "kernel/features.h"
#include "kernel/mountinfo.h"
#include "kernel/statmount.h"
#include "linx-error.h"
#include "quota/memory.h"
#include "table/mount-ids.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>

/* So much is kept of a table: of a hundred thousand ordinary rows it is 30 MiB. */
#define MAX_BYTES (96 << 20)

/* Rows that are kept. */
typedef struct {
  GPtrArray *rows;
  gsize bytes;
  GError *error; /* they are too many */
} Kept;

/* With what malloc(3) takes, and the array. */
static gsize
memory_of (const LinxRow *row)
{
  return linx_row_bytes (row) + 32;
}

static gboolean
keep (Kept *kept, const LinxRow *row)
{
  kept->bytes += memory_of (row);
  if (!linx_memory_take (memory_of (row), &kept->error))
    return FALSE;
  if (kept->bytes > MAX_BYTES)
    g_set_error (&kept->error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "a mount table of more than %d MiB", MAX_BYTES >> 20);
  else
    g_ptr_array_add (kept->rows, linx_row_copy (row));
  return kept->bytes <= MAX_BYTES;
}

void
linx_table_free (LinxTable *table)
{
  linx_memory_give_back (table->bytes);
  g_ptr_array_unref (table->rows);
  g_free (table);
}

static LinxTable *
table_new (void)
{
  LinxTable *table = g_new0 (LinxTable, 1);

  table->rows = g_ptr_array_new_with_free_func (g_free);
  return table;
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
forget (Kept *kept, const LinxRow *row)
{
  kept->bytes -= memory_of (row);
  linx_memory_give_back (memory_of (row));
}

static void
keep_lowest (Kept *kept, guint n)
{
  GPtrArray *rows = kept->rows;

  g_ptr_array_sort (rows, linx_row_compare);
  for (guint i = n; n != 0 && i < rows->len; i++)
    forget (kept, g_ptr_array_index (rows, i));
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
static LinxTable *
read_lines (const LinxTableQuery *query, GError **error)
{
  g_autoptr (LinxMountIds) ids = NULL;
  g_autoptr (LinxTable) table = table_new ();
  Collecting collecting = { query, NULL, { table->rows, 0, NULL } };
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
  if (collecting.kept.error == NULL)
    keep_lowest (&collecting.kept, query->limit);
  table->bytes = collecting.kept.bytes;
  if (collecting.kept.error == NULL)
    return g_steal_pointer (&table);
  g_propagate_error (error, collecting.kept.error);
  return NULL;
}

gboolean
linx_table_each (const LinxTableQuery *query, LinxRowFunc func, gpointer data, GError **error)
{
  g_autoptr (LinxTable) table = NULL;
  Passing passing = { query, func, data, 0 };

  if (query->mountinfo < 0 && linx_feature_statmount ())
    return linx_statmount_each (0, query->after, pass, &passing, error);
  table = read_lines (query, error);
  for (guint i = 0; table != NULL && i < table->rows->len; i++)
    if (!func (g_ptr_array_index (table->rows, i), data))
      break;
  return table != NULL;
}

static gboolean
keep_row (LinxRow *row, gpointer kept)
{
  return keep (kept, row);
}

LinxTable *
linx_table_read (GError **error)
{
  g_autoptr (LinxTable) table = table_new ();
  const LinxTableQuery all = { .mountinfo = -1 };
  Kept kept = { table->rows, 0, NULL };
  gboolean ok = linx_table_each (&all, keep_row, &kept, error);

  table->bytes = kept.bytes;
  if (kept.error != NULL)
    g_propagate_error (ok ? error : NULL, kept.error);
  return ok && kept.error == NULL ? g_steal_pointer (&table) : NULL;
}

const LinxRow *
linx_table_find (const LinxTable *table, guint64 id)
{
  guint from = 0, to = table->rows->len;

  while (from < to) {
    guint middle = from + (to - from) / 2;
    const LinxRow *row = g_ptr_array_index (table->rows, middle);

    if (row->id == id)
      return row;
    if (row->id < id)
      from = middle + 1;
    else
      to = middle;
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
  guint left
      = g_hash_table_size (at); /* some are on each other, in a table that changed meanwhile */

  while (left-- > 0 && (next = g_hash_table_lookup (at, top != NULL ? &top->id : &on)) != NULL)
    top = next;
  return top;
}

/* One mount is asked for alone where the kernel tells all of it. */
LinxRow *
linx_table_read_row (guint64 id, GError **error)
{
  g_autoptr (LinxStatmount) statmount = NULL;
  g_autoptr (LinxTable) table = NULL;
  const LinxRow *found;
  LinxRow row;
  int err;

  if (linx_feature_statmount ()) {
    statmount = linx_statmount_new ();
    err = linx_statmount_read (statmount, 0, id, &row);
    found = err == 0 ? &row : NULL;
  } else {
    table = linx_table_read (error);
    if (table == NULL)
      return NULL;
    found = linx_table_find (table, id);
    err = ENOENT;
  }
  if (found != NULL)
    return linx_row_copy (found);
  linx_error_set (error, LINX_MOUNT_STAGE_LIST, err, "mount", NULL);
  return NULL;
}
