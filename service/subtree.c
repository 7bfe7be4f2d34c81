/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "subtree.h"
#include "linx-error.h"
#include "linx-text.h"
#include "table.h"
#include "utab.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Mounts by the mount they are on. */
static GHashTable *
children_of_all (const LinxTable *table)
{
  GHashTable *children = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                                (GDestroyNotify)g_ptr_array_unref);

  for (guint i = 0; i < table->rows->len; i++) {
    LinxRow *row = g_ptr_array_index (table->rows, i);
    GPtrArray *siblings = g_hash_table_lookup (children, &row->parent);

    if (siblings == NULL) {
      siblings = g_ptr_array_new ();
      g_hash_table_insert (children, &row->parent, siblings);
    }
    g_ptr_array_add (siblings, row);
  }
  return children;
}

/* Of mounts on the same one, a mount point further up hides those below it. */
static int
compare_depth (gconstpointer a, gconstpointer b)
{
  const LinxRow *const *row_a = a, *const *row_b = b;
  gsize length_a = strlen ((*row_a)->mount_point), length_b = strlen ((*row_b)->mount_point);

  return length_a < length_b ? -1 : length_a > length_b;
}

/* All mounts below @top, each before those that can be unmounted only after it. No recursion:
 * stacks of mounts may be any depth. */
static GPtrArray *
order (const LinxTable *table, guint64 top)
{
  g_autoptr (GHashTable) children = children_of_all (table);
  g_autoptr (GPtrArray) waiting = g_ptr_array_new ();
  GPtrArray *found = g_ptr_array_new ();
  guint64 at = top;

  for (;;) {
    GPtrArray *next = g_hash_table_lookup (children, &at);

    if (next != NULL) {
      g_ptr_array_sort (next, compare_depth);
      g_ptr_array_extend (waiting, next, NULL, NULL);
    }
    if (waiting->len == 0)
      break;
    g_ptr_array_add (found, g_ptr_array_steal_index (waiting, waiting->len - 1));
    at = ((const LinxRow *)g_ptr_array_index (found, found->len - 1))->id;
  }
  return found;
}

static gboolean
fail (const LinxRow *row, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_UMOUNT, err, row->mount_point, words);
}

/* The directory that the mount is in becomes the working directory: the next look-up starts from
 * the root again. */
static gboolean
go_to_parent (const LinxPins *pins, const LinxRow *row, const char *parent, GError **error)
{
  int fd, rc;

  if (chdir ("/") < 0)
    return fail (row, errno, NULL, error);
  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return FALSE;
  fd = linx_path_open (AT_FDCWD, parent, LINX_PATH_NO_SYMLINKS, error);
  if (!linx_caller_resume (fd >= 0 ? error : NULL) || fd < 0) {
    if (fd >= 0)
      close (fd);
    return FALSE;
  }
  rc = fchdir (fd) == 0 ? 0 : errno;
  close (fd);
  return rc == 0 ? TRUE : fail (row, rc, NULL, error);
}

static gboolean
umount_one (LinxVisit *visit, const LinxPins *pins, const LinxRow *row, int flags, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (row->mount_point);
  g_autofree char *name = g_path_get_basename (row->mount_point);
  g_autofree char *shown = linx_text_escape (row->mount_point);
  g_autofree char *step = g_strdup_printf ("umount2 %s", shown);
  LinxFileId id;
  int rc, err;

  if (!go_to_parent (pins, row, parent, error))
    return FALSE;
  if (linx_file_id_read (&id, AT_FDCWD, name) != 0 || id.mount != row->id)
    return fail (row, ESTALE, "hidden by another mount, or gone", error);
  if (!linx_visit_commit (visit, step, error))
    return FALSE;
  rc = umount2 (name, UMOUNT_NOFOLLOW | flags);
  err = errno;
  linx_visit_committed (visit, rc == 0);
  if (rc < 0)
    return fail (row, err, NULL, error);
  linx_utab_forget (pins, row->mount_point);
  return TRUE;
}

gboolean
linx_subtree_umount (LinxVisit *visit, const LinxPins *pins, int flags, GError **error)
{
  g_autoptr (LinxTable) table = linx_table_read (error);
  g_autoptr (GPtrArray) below = NULL;
  LinxFileId root;

  if (table == NULL)
    return FALSE;
  below = order (table, pins->target_mount);
  if (linx_file_id_read (&root, pins->fd[LINX_PIN_ROOT], "") != 0)
    root.mount = 0;
  for (guint i = 0; i < below->len; i++)
    if (((const LinxRow *)g_ptr_array_index (below, i))->id == root.mount)
      return fail (g_ptr_array_index (below, i), EBUSY,
                   "the root of the process is never unmounted", error);
  for (guint i = below->len; i > 0; i--)
    if (!umount_one (visit, pins, g_ptr_array_index (below, i - 1), flags, error))
      return FALSE;
  return TRUE;
}
