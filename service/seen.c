/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seen.h"
#include "row-writer.h"
#include "statmount.h"
#include "table.h"

#include <errno.h>

/* What a signal takes at most. Whoever watches has to read the table anew when there is more. */
#define MOST_ROWS 1000
#define MOST_REMOVED 65536

/* The id comes first: it is the key in the hash table. */
typedef struct {
  guint64 id;
  guint64 hash;
} Entry;

struct _LinxSeen {
  GHashTable *entries;
};

/* Changes in the making. */
typedef struct {
  GHashTable *entries; /* as they are to be */
  GHashTable *old;     /* as they were; those that are found are taken out */
  GArray *removed;
  LinxRowWriter *added;
  LinxRowWriter *changed;
  guint n_rows;
} Look;

static GHashTable *
entries_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

void
linx_seen_free (LinxSeen *seen)
{
  g_hash_table_unref (seen->entries);
  g_free (seen);
}

void
linx_changes_clear (LinxChanges *changes)
{
  g_clear_pointer (&changes->removed, g_variant_unref);
  g_clear_pointer (&changes->added, g_variant_unref);
  g_clear_pointer (&changes->changed, g_variant_unref);
}

static void
remember (GHashTable *entries, const LinxRow *row, guint64 hash)
{
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry){ row->id, hash };
  g_hash_table_add (entries, entry);
}

static gboolean
remember_row (LinxRow *row, gpointer entries)
{
  remember (entries, row, linx_row_hash (row));
  return TRUE;
}

static gboolean
each_of (guint64 ns, LinxRowFunc func, gpointer data, GError **error)
{
  const LinxTableQuery all = { .mountinfo = -1 };

  return ns != 0 ? linx_statmount_each (ns, 0, func, data, error)
                 : linx_table_each (&all, func, data, error);
}

LinxSeen *
linx_seen_new (guint64 ns, GError **error)
{
  g_autoptr (LinxSeen) seen = g_new0 (LinxSeen, 1);

  seen->entries = entries_new ();
  return each_of (ns, remember_row, seen->entries, error) ? g_steal_pointer (&seen) : NULL;
}

static void
note_row (Look *look, LinxRowWriter *writer, const LinxRow *row)
{
  look->n_rows++;
  if (look->n_rows <= MOST_ROWS)
    linx_row_writer_add (writer, row);
}

static void
note_removed (Look *look, guint64 id)
{
  g_array_append_val (look->removed, id);
}

static gboolean
compare_row (LinxRow *row, gpointer data)
{
  Look *look = data;
  const Entry *old = g_hash_table_lookup (look->old, &row->id);
  guint64 hash = linx_row_hash (row);

  if (old == NULL)
    note_row (look, look->added, row);
  else if (old->hash != hash)
    note_row (look, look->changed, row);
  g_hash_table_remove (look->old, &row->id);
  remember (look->entries, row, hash);
  return TRUE;
}

static gboolean
look_at_all (LinxSeen *seen, guint64 ns, Look *look, GError **error)
{
  g_autoptr (GHashTable) now = entries_new ();
  GHashTableIter iter;
  gpointer entry;

  look->entries = now;
  if (!each_of (ns, compare_row, look, error))
    return FALSE;
  g_hash_table_iter_init (&iter, seen->entries);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    note_removed (look, ((const Entry *)entry)->id);
  g_hash_table_unref (seen->entries);
  seen->entries = g_steal_pointer (&now);
  return TRUE;
}

static void
look_at (guint64 ns, const GArray *touched, Look *look)
{
  g_autoptr (LinxStatmount) statmount = linx_statmount_new ();

  for (guint i = 0; i < touched->len; i++) {
    guint64 id = g_array_index (touched, guint64, i);
    LinxRow row;

    if (linx_statmount_read (statmount, ns, id, &row) == 0)
      compare_row (&row, look);
    else if (g_hash_table_remove (look->old, &id))
      note_removed (look, id);
  }
}

static GVariant *
take_rows (LinxRowWriter *writer)
{
  return g_variant_ref_sink (linx_row_writer_end (writer));
}

static void
tell (Look *look, LinxChanges *changes)
{
  changes->any = look->n_rows > 0 || look->removed->len > 0;
  changes->too_many = look->n_rows > MOST_ROWS || look->removed->len > MOST_REMOVED;
  if (!changes->any || changes->too_many)
    return;
  changes->removed = g_variant_ref_sink (g_variant_new_fixed_array (
      G_VARIANT_TYPE_UINT64, look->removed->data, look->removed->len, sizeof (guint64)));
  changes->added = take_rows (look->added);
  changes->changed = take_rows (look->changed);
}

gboolean
linx_seen_look (LinxSeen *seen, guint64 ns, const GArray *touched, gboolean all,
                LinxChanges *changes, GError **error)
{
  g_autoptr (LinxRowWriter) added = linx_row_writer_new (NULL);
  g_autoptr (LinxRowWriter) changed = linx_row_writer_new (NULL);
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (guint64));
  Look look = { seen->entries, seen->entries, removed, added, changed, 0 };

  *changes = (LinxChanges){ 0 };
  if (!all)
    look_at (ns, touched, &look);
  else if (!look_at_all (seen, ns, &look, error))
    return FALSE;
  tell (&look, changes);
  return TRUE;
}
