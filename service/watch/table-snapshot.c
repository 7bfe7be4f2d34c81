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
/* How many mounts of a scan are looked at in one go: two milliseconds or so. */
#define SLICE 500

/* The id comes first: it is the key in the hash table. */
typedef struct {
  guint64 id;
  guint64 hash;  /* of what was told; 0: the next comparison tells it, whatever it is */
  guint scan;    /* the last one that found it */
  gboolean told; /* that it is there: by a comparison, not by a list alone */
} Entry;

struct _LinxTableSnapshot {
  GHashTable *entries;
  guint scan;         /* the number of the scan that is under way, or was the last one */
  guint64 scanned_to; /* up to this id; 0: none is under way */
};

/* Changes in the making. */
typedef struct {
  LinxTableSnapshot *snapshot;
  GArray *removed;
  LinxRowWriter *added;
  LinxRowWriter *changed;
  guint n_rows;
  gsize row_bytes; /* of the rows of both */
  guint n_read;
  guint max_read; /* 0: all */
} Comparison;

void
linx_table_snapshot_free (LinxTableSnapshot *snapshot)
{
  g_hash_table_unref (snapshot->entries);
  g_free (snapshot);
}

void
linx_changes_clear (LinxChanges *changes)
{
  g_clear_pointer (&changes->removed, g_variant_unref);
  g_clear_pointer (&changes->added, g_variant_unref);
  g_clear_pointer (&changes->changed, g_variant_unref);
}

static gboolean
is_too_many (const Comparison *comparison)
{
  return comparison->n_rows > MAX_ROWS || comparison->row_bytes > MAX_ROW_BYTES
         || comparison->removed->len > MAX_REMOVED;
}

static void
note_row (Comparison *comparison, LinxRowWriter *writer, const LinxRow *row)
{
  gsize before = linx_row_writer_bytes (writer);

  comparison->n_rows++;
  if (!is_too_many (comparison))
    comparison->row_bytes += linx_row_writer_add (writer, row) - before;
}

static Entry *
add_entry (LinxTableSnapshot *snapshot, guint64 id)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->id = id;
  entry->scan = snapshot->scan;
  g_hash_table_add (snapshot->entries, entry);
  return entry;
}

static void
compare_row (Comparison *comparison, const LinxRow *row)
{
  LinxTableSnapshot *snapshot = comparison->snapshot;
  Entry *entry = g_hash_table_lookup (snapshot->entries, &row->id);
  guint64 hash = linx_row_hash (row);

  if (entry == NULL)
    entry = add_entry (snapshot, row->id);
  if (!entry->told)
    note_row (comparison, comparison->added, row);
  else if (entry->hash != hash)
    note_row (comparison, comparison->changed, row);
  entry->told = TRUE;
  entry->hash = hash;
  entry->scan = snapshot->scan;
}

static gboolean
scan_row (LinxRow *row, gpointer data)
{
  Comparison *comparison = data;

  compare_row (comparison, row);
  comparison->snapshot->scanned_to = row->id;
  comparison->n_read++;
  return comparison->n_read != comparison->max_read;
}

/* At the end of a scan: those that it did not find. */
static void
forget_gone (Comparison *comparison)
{
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, comparison->snapshot->entries);
  while (g_hash_table_iter_next (&iter, &data, NULL)) {
    const Entry *entry = data;

    if (entry->scan == comparison->snapshot->scan)
      continue;
    g_array_append_val (comparison->removed, entry->id);
    g_hash_table_iter_remove (&iter);
  }
  comparison->snapshot->scanned_to = 0;
}

/* The next part of a scan, or the first one. By mountinfo it is all of it at once. */
static gboolean
scan (Comparison *comparison, guint64 ns, GError **error)
{
  const LinxTableQuery all = { .mountinfo = -1 };
  guint64 after = comparison->snapshot->scanned_to;
  gboolean by_statmount = linx_feature_statmount ();

  if (!by_statmount)
    comparison->max_read = 0;
  if (by_statmount ? !linx_statmount_each (ns, after, scan_row, comparison, error)
                   : !linx_table_each (&all, scan_row, comparison, error))
    return FALSE;
  if (comparison->max_read == 0 || comparison->n_read < comparison->max_read)
    forget_gone (comparison);
  return TRUE;
}

static gboolean
read_touched (Comparison *comparison, guint64 ns, const GArray *touched, GError **error)
{
  g_autoptr (LinxStatmount) statmount = linx_statmount_new ();

  for (guint i = 0; i < touched->len; i++) {
    guint64 id = g_array_index (touched, guint64, i);
    LinxRow row;
    int err = linx_statmount_read (statmount, ns, id, &row);

    if (err != 0 && err != ENOENT)
      return linx_error_set (error, LINX_MOUNT_STAGE_LIST, err, "mount", NULL);
    if (err == 0)
      compare_row (comparison, &row);
    else if (g_hash_table_remove (comparison->snapshot->entries, &id))
      g_array_append_val (comparison->removed, id);
  }
  return TRUE;
}

static GVariant *
take_rows (LinxRowWriter *writer)
{
  return g_variant_ref_sink (linx_row_writer_end (writer));
}

static void
tell (const Comparison *comparison, LinxChanges *changes)
{
  changes->any = comparison->n_rows > 0 || comparison->removed->len > 0;
  changes->too_many = is_too_many (comparison);
  if (!changes->any || changes->too_many)
    return;
  changes->removed = g_variant_ref_sink (
      g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, comparison->removed->data,
                                 comparison->removed->len, sizeof (guint64)));
  changes->added = take_rows (comparison->added);
  changes->changed = take_rows (comparison->changed);
}

static gboolean
compare_and_tell (LinxTableSnapshot *snapshot, guint64 ns, const GArray *touched, gboolean scans,
                  guint most, LinxChanges *changes, GError **error)
{
  g_autoptr (LinxRowWriter) added = linx_row_writer_new (NULL);
  g_autoptr (LinxRowWriter) changed = linx_row_writer_new (NULL);
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (guint64));
  Comparison comparison = {
    .snapshot = snapshot, .removed = removed, .added = added, .changed = changed, .max_read = most
  };

  *changes = (LinxChanges){ 0 };
  /* Before anything is looked at: what is found now and gone a moment later is the next
   * comparison's. */
  if (scans && snapshot->scanned_to == 0)
    snapshot->scan++;
  if ((touched != NULL && !read_touched (&comparison, ns, touched, error))
      || (scans && !scan (&comparison, ns, error)))
    return FALSE;
  tell (&comparison, changes);
  return TRUE;
}

LinxTableSnapshot *
linx_table_snapshot_new (guint64 ns, GError **error)
{
  g_autoptr (LinxTableSnapshot) snapshot = g_new0 (LinxTableSnapshot, 1);
  g_auto (LinxChanges) all = { 0 };

  snapshot->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return compare_and_tell (snapshot, ns, NULL, TRUE, 0, &all, error) ? g_steal_pointer (&snapshot)
                                                                     : NULL;
}

gboolean
linx_table_snapshot_update (LinxTableSnapshot *snapshot, guint64 ns, const GArray *touched,
                            gboolean scans, LinxChanges *changes, GError **error)
{
  return compare_and_tell (snapshot, ns, touched, scans, SLICE, changes, error);
}

gboolean
linx_table_snapshot_note (LinxTableSnapshot *snapshot, const GArray *listed, gboolean compares)
{
  gboolean any = FALSE;

  for (guint i = 0; i < listed->len; i++) {
    const LinxSnapshotEntry *told = &g_array_index (listed, LinxSnapshotEntry, i);
    Entry *entry = g_hash_table_lookup (snapshot->entries, &told->id);

    if (entry != NULL && (!compares || !entry->told || told->hash == entry->hash))
      continue;
    if (entry == NULL)
      entry = add_entry (snapshot, told->id);
    entry->hash = 0;
    any = TRUE;
  }
  return any;
}

gboolean
linx_table_snapshot_is_scanning (const LinxTableSnapshot *snapshot)
{
  return snapshot->scanned_to != 0;
}
