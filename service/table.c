/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"
#include "kernel-features.h"
#include "linx-error.h"
#include "mount-id.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void
linx_table_free (LinxTable *table)
{
  g_ptr_array_unref (table->rows);
  g_free (table);
}

/* The fields between the attributes and "-": "tag[:value]", in any order, unknown ones too. */
static void
take_tag (LinxRow *row, const char *tag)
{
  if (g_str_has_prefix (tag, "shared:"))
    row->shared = g_ascii_strtoull (tag + strlen ("shared:"), NULL, 10);
  else if (g_str_has_prefix (tag, "master:"))
    row->master = g_ascii_strtoull (tag + strlen ("master:"), NULL, 10);
  else if (g_str_has_prefix (tag, "propagate_from:"))
    row->propagate_from = g_ascii_strtoull (tag + strlen ("propagate_from:"), NULL, 10);
  else if (g_str_equal (tag, "unbindable"))
    row->unbindable = TRUE;
}

/* The kernel writes space, tab, newline, backslash and # as a backslash and three octal digits. */
static char *
unescape (const char *field)
{
  char *plain = g_malloc (strlen (field) + 1);
  char *out = plain;

  for (const char *p = field; *p != '\0'; p++)
    if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0'
        && p[3] <= '7') {
      *out++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
      p += 3;
    } else {
      *out++ = *p;
    }
  *out = '\0';
  return plain;
}

static gboolean
take_numbers (LinxRow *row, char **words)
{
  unsigned int id, parent, device_major, device_minor;
  int end[3] = { 0 };

  if (sscanf (words[0], "%u%n", &id, &end[0]) != 1 || words[0][end[0]] != '\0'
      || sscanf (words[1], "%u%n", &parent, &end[1]) != 1 || words[1][end[1]] != '\0'
      || sscanf (words[2], "%u:%u%n", &device_major, &device_minor, &end[2]) != 2
      || words[2][end[2]] != '\0')
    return FALSE;
  row->id = row->mount_id = id;
  row->parent = row->parent_id = parent;
  row->device = makedev (device_major, device_minor);
  return TRUE;
}

/* Not libmount: for a row whose source is /dev/root it asks /proc/cmdline and libblkid, by their
 * paths, and a worker's paths are in the root of a stranger. */
static LinxRow *
parse_line (char *line)
{
  g_autoptr (LinxRow) row = g_new0 (LinxRow, 1);
  g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", -1);
  guint n = g_strv_length (words), dash = 6;

  while (dash < n && !g_str_equal (words[dash], "-"))
    dash++;
  if (dash + 4 > n || !take_numbers (row, words))
    return NULL;
  for (guint i = 6; i < dash; i++)
    take_tag (row, words[i]);
  row->root = unescape (words[3]);
  row->mount_point = unescape (words[4]);
  row->mount_options = unescape (words[5]);
  row->fstype = unescape (words[dash + 1]);
  row->source = unescape (words[dash + 2]);
  row->super_options = unescape (words[dash + 3]);
  return g_steal_pointer (&row);
}

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  const LinxRow *row_a = *(LinxRow *const *)a, *row_b = *(LinxRow *const *)b;

  return row_a->id < row_b->id ? -1 : row_a->id > row_b->id;
}

LinxTable *
linx_table_parse (FILE *stream)
{
  LinxTable *table = g_new0 (LinxTable, 1);
  char *line = NULL;
  size_t size = 0;

  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)linx_row_free);
  while (getline (&line, &size, stream) > 0) {
    LinxRow *row = parse_line (line);

    if (row != NULL)
      g_ptr_array_add (table->rows, row);
  }
  free (line);
  g_ptr_array_sort (table->rows, compare_ids);
  return table;
}

/* Gives the rows their unique ids; a row without one is of a mount that went away meanwhile. */
static gboolean
take_unique_ids (LinxTable *table, GError **error)
{
  g_autoptr (LinxMountIds) ids = linx_mount_ids_read (error);
  guint i = 0;

  if (ids == NULL)
    return FALSE;
  while (i < table->rows->len) {
    LinxRow *row = g_ptr_array_index (table->rows, i);

    if (linx_mount_ids_find (ids, row->mount_id, row->device, &row->id, &row->parent))
      i++;
    else
      g_ptr_array_remove_index_fast (table->rows, i);
  }
  g_ptr_array_sort (table->rows, compare_ids);
  return TRUE;
}

LinxTable *
linx_table_read (int mountinfo, GError **error)
{
  int fd = mountinfo >= 0
               ? fcntl (mountinfo, F_DUPFD_CLOEXEC, 0)
               : openat (linx_process_proc_fd (), "thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
  FILE *stream = fd >= 0 ? fdopen (fd, "re") : NULL;
  g_autoptr (LinxTable) table = NULL;

  if (stream == NULL) {
    linx_error_set (error, LINX_STAGE_LIST, errno, "mountinfo", NULL);
    return NULL;
  }
  table = linx_table_parse (stream);
  fclose (stream);
  if (linx_feature_unique_mount_id () && !take_unique_ids (table, error))
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

/* The mount at @mount_point that is mounted on the mount @on. */
static const LinxRow *
find_on (const LinxTable *table, const char *mount_point, guint64 on)
{
  for (guint i = 0; i < table->rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);

    if (row->parent == on && row->id != on && g_str_equal (row->mount_point, mount_point))
      return row;
  }
  return NULL;
}

const LinxRow *
linx_table_find_top (const LinxTable *table, const char *mount_point, guint64 on)
{
  const LinxRow *top = NULL, *next;

  while ((next = find_on (table, mount_point, top != NULL ? top->id : on)) != NULL)
    top = next;
  return top;
}
