/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/table-snapshot.h"
#include "kernel/features.h"
#include "kernel/statmount.h"
#include "linx-error.h"
#include "table/row-writer.h"
#include "table/table.h"

#include <errno.h>

/* What a signal takes at most. Whoever watches has to read the table anew when there is more. */
#define MAX_ROWS 256
#define MAX_ROW_BYTES (1 << 20)
#define MAX_REMOVED 65536
/* How many mounts of a sweep are looked at in one go: two milliseconds or so. */
#define SLICE 500

/* The id comes first: it is the key in the hash table. */
typedef struct {
  guint64 id;
  guint64 hash;  /* of what was told; 0: the next look tells it, whatever it is */
  guint sweep;   /* the last one that found it */
  gboolean told; /* that it is there: by a look, not by a list alone */
} Entry;

struct _LinxTableSnapshot {
  GHashTable *entries;
  guint sweep;   /* the number of the sweep that is under way, or was the last one */
  guint64 swept; /* up to this id; 0: none is under way */
};

/* Changes in the making. */
typedef struct {
  LinxTableSnapshot *seen;
  GArray *removed;
  LinxRowWriter *added;
  LinxRowWriter *changed;
  guint n_rows;
  gsize row_bytes; /* of the rows of both */
  guint n_seen;
  guint most_seen; /* 0: all */
} Look;

void
linx_table_snapshot_free (LinxTableSnapshot *seen)
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

static gboolean
is_too_many (const Look *look)
{
  return look->n_rows > MAX_ROWS || look->row_bytes > MAX_ROW_BYTES
         || look->removed->len > MAX_REMOVED;
}

static void
note_row (Look *look, LinxRowWriter *writer, const LinxRow *row)
{
  gsize before = linx_row_writer_bytes (writer);

  look->n_rows++;
  if (!is_too_many (look))
    look->row_bytes += linx_row_writer_add (writer, row) - before;
}

static Entry *
add_entry (LinxTableSnapshot *seen, guint64 id)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->id = id;
  entry->sweep = seen->sweep;
  g_hash_table_add (seen->entries, entry);
  return entry;
}

static void
compare_row (Look *look, const LinxRow *row)
{
  LinxTableSnapshot *seen = look->seen;
  Entry *entry = g_hash_table_lookup (seen->entries, &row->id);
  guint64 hash = linx_row_hash (row);

  if (entry == NULL)
    entry = add_entry (seen, row->id);
  if (!entry->told)
    note_row (look, look->added, row);
  else if (entry->hash != hash)
    note_row (look, look->changed, row);
  entry->told = TRUE;
  entry->hash = hash;
  entry->sweep = seen->sweep;
}

static gboolean
sweep_row (LinxRow *row, gpointer data)
{
  Look *look = data;

  compare_row (look, row);
  look->seen->swept = row->id;
  look->n_seen++;
  return look->n_seen != look->most_seen;
}

/* At the end of a sweep: those that it did not find. */
static void
forget_gone (Look *look)
{
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, look->seen->entries);
  while (g_hash_table_iter_next (&iter, &data, NULL)) {
    const Entry *entry = data;

    if (entry->sweep == look->seen->sweep)
      continue;
    g_array_append_val (look->removed, entry->id);
    g_hash_table_iter_remove (&iter);
  }
  look->seen->swept = 0;
}

/* The next part of a sweep, or the first one. By mountinfo it is all of it at once. */
static gboolean
sweep (Look *look, guint64 ns, GError **error)
{
  const LinxTableQuery all = { .mountinfo = -1 };
  guint64 after = look->seen->swept;
  gboolean by_statmount = linx_feature_statmount ();

  if (!by_statmount)
    look->most_seen = 0;
  if (by_statmount ? !linx_statmount_each (ns, after, sweep_row, look, error)
                   : !linx_table_each (&all, sweep_row, look, error))
    return FALSE;
  if (look->most_seen == 0 || look->n_seen < look->most_seen)
    forget_gone (look);
  return TRUE;
}

static gboolean
look_at (Look *look, guint64 ns, const GArray *touched, GError **error)
{
  g_autoptr (LinxStatmount) statmount = linx_statmount_new ();

  for (guint i = 0; i < touched->len; i++) {
    guint64 id = g_array_index (touched, guint64, i);
    LinxRow row;
    int err = linx_statmount_read (statmount, ns, id, &row);

    if (err != 0 && err != ENOENT)
      return linx_error_set (error, LINX_MOUNT_STAGE_LIST, err, "mount", NULL);
    if (err == 0)
      compare_row (look, &row);
    else if (g_hash_table_remove (look->seen->entries, &id))
      g_array_append_val (look->removed, id);
  }
  return TRUE;
}

static GVariant *
take_rows (LinxRowWriter *writer)
{
  return g_variant_ref_sink (linx_row_writer_end (writer));
}

static void
tell (const Look *look, LinxChanges *changes)
{
  changes->any = look->n_rows > 0 || look->removed->len > 0;
  changes->too_many = is_too_many (look);
  if (!changes->any || changes->too_many)
    return;
  changes->removed = g_variant_ref_sink (g_variant_new_fixed_array (
      G_VARIANT_TYPE_UINT64, look->removed->data, look->removed->len, sizeof (guint64)));
  changes->added = take_rows (look->added);
  changes->changed = take_rows (look->changed);
}

static gboolean
look_and_tell (LinxTableSnapshot *seen, guint64 ns, const GArray *touched, gboolean sweeps,
               guint most, LinxChanges *changes, GError **error)
{
  g_autoptr (LinxRowWriter) added = linx_row_writer_new (NULL);
  g_autoptr (LinxRowWriter) changed = linx_row_writer_new (NULL);
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (guint64));
  Look look
      = { .seen = seen, .removed = removed, .added = added, .changed = changed, .most_seen = most };

  *changes = (LinxChanges){ 0 };
  /* Before anything is looked at: what is found now and gone a moment later is the next look's. */
  if (sweeps && seen->swept == 0)
    seen->sweep++;
  if ((touched != NULL && !look_at (&look, ns, touched, error))
      || (sweeps && !sweep (&look, ns, error)))
    return FALSE;
  tell (&look, changes);
  return TRUE;
}

LinxTableSnapshot *
linx_table_snapshot_new (guint64 ns, GError **error)
{
  g_autoptr (LinxTableSnapshot) seen = g_new0 (LinxTableSnapshot, 1);
  g_auto (LinxChanges) all = { 0 };

  seen->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return look_and_tell (seen, ns, NULL, TRUE, 0, &all, error) ? g_steal_pointer (&seen) : NULL;
}

gboolean
linx_table_snapshot_update (LinxTableSnapshot *seen, guint64 ns, const GArray *touched,
                            gboolean sweeps, LinxChanges *changes, GError **error)
{
  return look_and_tell (seen, ns, touched, sweeps, SLICE, changes, error);
}

gboolean
linx_table_snapshot_note (LinxTableSnapshot *seen, const GArray *listed, gboolean compares)
{
  gboolean any = FALSE;

  for (guint i = 0; i < listed->len; i++) {
    const LinxSnapshotEntry *told = &g_array_index (listed, LinxSnapshotEntry, i);
    Entry *entry = g_hash_table_lookup (seen->entries, &told->id);

    if (entry != NULL && (!compares || !entry->told || told->hash == entry->hash))
      continue;
    if (entry == NULL)
      entry = add_entry (seen, told->id);
    entry->hash = 0;
    any = TRUE;
  }
  return any;
}

gboolean
linx_table_snapshot_is_sweeping (const LinxTableSnapshot *seen)
{
  return seen->swept != 0;
}
