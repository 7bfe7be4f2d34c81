/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mountinfo.h"
#include "kernel/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

int
linx_mountinfo_open_own (void)
{
  return openat (linx_process_proc_fd (), "thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
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

/* Takes a decimal number off the front of @text; what follows it must be @after. */
static gboolean
take_number (char **text, char after, guint *number)
{
  char *end;
  guint64 value = g_ascii_isdigit (**text) ? g_ascii_strtoull (*text, &end, 10) : G_MAXUINT64;

  if (value > G_MAXUINT || *end != after)
    return FALSE;
  *number = (guint)value;
  *text = end + 1;
  return TRUE;
}

static gboolean
take_numbers (LinxRow *row, char **line)
{
  guint device_major, device_minor;

  if (!take_number (line, ' ', &row->mount_id) || !take_number (line, ' ', &row->parent_id)
      || !take_number (line, ':', &device_major) || !take_number (line, ' ', &device_minor))
    return FALSE;
  row->id = row->mount_id;
  row->parent = row->parent_id;
  row->device = makedev (device_major, device_minor);
  return TRUE;
}

/* Cuts the next word off; NULL: there is none. A word may be empty. */
static char *
take_word (char **line)
{
  return strsep (line, " ");
}

/* Not libmount: for a row whose source is /dev/root it asks /proc/cmdline and libblkid, by their
 * paths, and a worker's paths are in somebody else's root. */
static gboolean
parse (LinxRow *row, char *line)
{
  char *root, *point, *options, *tag, *fstype, *source, *super;

  *row = (LinxRow){ 0 };
  line[strcspn (line, "\n")] = '\0';
  if (!take_numbers (row, &line))
    return FALSE;
  root = take_word (&line);
  point = take_word (&line);
  options = take_word (&line);
  while ((tag = take_word (&line)) != NULL && !g_str_equal (tag, "-"))
    take_tag (row, tag);
  fstype = take_word (&line);
  source = take_word (&line);
  super = take_word (&line);
  if (super == NULL)
    return FALSE;
  row->root = linx_row_unescape (root);
  row->mount_point = linx_row_unescape (point);
  if (strlen (row->root) + strlen (row->mount_point) > LINX_MAX_PATHS)
    row->root = row->mount_point = LINX_PATH_TOO_LONG;
  row->mount_options = linx_row_unescape (options);
  row->fstype = linx_row_unescape (fstype);
  row->source = linx_row_unescape (source);
  row->super_options = linx_row_unescape (super);
  return TRUE;
}

void
linx_mountinfo_each (FILE *stream, LinxRowFunc func, gpointer data)
{
  char *line = NULL;
  size_t size = 0;
  LinxRow row;

  while (getline (&line, &size, stream) > 0)
    if (parse (&row, line) && !func (&row, data))
      break;
  free (line);
}
