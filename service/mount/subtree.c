/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/subtree.h"
#include "linx-error.h"
#include "linx-path.h"
#include "linx-text.h"
#include "mount/utab.h"
#include "table/table.h"
#include "worker/credentials.h"

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

/* The youngest first: it may live on an older one, as an image in it does. */
static int
compare_age (gconstpointer a, gconstpointer b)
{
  return linx_row_compare (b, a);
}

/* Of a path that is a part of another one it is said that it is less, whatever else there is. */
static int
compare_paths (const char *a, const char *b)
{
  for (; *a != '\0' && *a == *b; a++)
    b++;
  if (*a == '/' || *b == '/')
    return (*a == '/' ? 1 : *a == '\0' ? 0 : 2) - (*b == '/' ? 1 : *b == '\0' ? 0 : 2);
  return (int)(guchar)*a - (int)(guchar)*b;
}

/* Of one place the oldest first. */
static int
compare_places (gconstpointer a, gconstpointer b)
{
  const LinxRow *one = *(const LinxRow *const *)a, *other = *(const LinxRow *const *)b;
  int order = compare_paths (one->mount_point, other->mount_point);

  return order != 0 ? order : linx_row_compare (a, b);
}

/* Of each of @rows, which are all on one mount, the nearest one whose mount point is above its own,
 * if there is one. In the order of their places those above are a stack. */
static GHashTable *
find_those_above (GPtrArray *rows)
{
  GHashTable *above = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) places = g_ptr_array_copy (rows, NULL, NULL);
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  g_ptr_array_sort (places, compare_places);
  for (guint i = 0; i < places->len; i++) {
    LinxRow *row = g_ptr_array_index (places, i);
    LinxRow *top = NULL;

    for (; stack->len > 0; g_ptr_array_set_size (stack, (gint)stack->len - 1)) {
      top = g_ptr_array_index (stack, stack->len - 1);
      if ((!g_str_equal (top->mount_point, "/")
           && linx_path_is_below (row->mount_point, top->mount_point))
          || g_str_equal (row->mount_point, top->mount_point))
        break;
    }
    if (stack->len > 0 && g_str_equal (row->mount_point, top->mount_point)) {
      g_hash_table_insert (above, row, g_hash_table_lookup (above, top));
      continue;
    }
    g_hash_table_insert (above, row, stack->len > 0 ? top : NULL);
    g_ptr_array_add (stack, row);
  }
  return above;
}

/* Mounts on the same one, each before those that can be unmounted only after it: the youngest
 * first, but a mount point further up hides those below it, however old it is: one that was moved
 * there. */
static GPtrArray *
order_siblings (GPtrArray *rows)
{
  g_autoptr (GHashTable) above = find_those_above (rows);
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) chain = g_ptr_array_new ();
  GPtrArray *ordered = g_ptr_array_new ();

  g_ptr_array_sort (rows, compare_age);
  for (guint i = 0; i < rows->len; i++) {
    LinxRow *row = g_ptr_array_index (rows, i);

    for (; row != NULL && g_hash_table_add (done, row); row = g_hash_table_lookup (above, row))
      g_ptr_array_add (chain, row);
    while (chain->len > 0)
      g_ptr_array_add (ordered, g_ptr_array_steal_index (chain, chain->len - 1));
  }
  return ordered;
}

/* No recursion: stacks of mounts may be any depth. */
GPtrArray *
linx_subtree_rows (const LinxTable *table, guint64 top)
{
  g_autoptr (GHashTable) children = children_of_all (table);
  g_autoptr (GPtrArray) waiting = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GPtrArray *found = g_ptr_array_new ();
  guint64 at = top;

  for (;;) {
    GPtrArray *next = g_hash_table_lookup (children, &at);

    if (next != NULL) {
      g_autoptr (GPtrArray) ordered = order_siblings (next);

      g_ptr_array_extend (waiting, ordered, NULL, NULL);
    }
    /* A table that was read while it changed may have two that are on each other. */
    while (waiting->len > 0
           && !g_hash_table_add (seen, g_ptr_array_index (waiting, waiting->len - 1)))
      g_ptr_array_set_size (waiting, (gint)waiting->len - 1);
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
  if (!linx_credentials_assume (&pins->sender.credentials, error))
    return FALSE;
  fd = linx_path_open (AT_FDCWD, parent, LINX_PATH_NO_SYMLINKS, error);
  if (!linx_credentials_resume (fd >= 0 ? error : NULL) || fd < 0) {
    if (fd >= 0)
      close (fd);
    return FALSE;
  }
  rc = fchdir (fd) == 0 ? 0 : errno;
  close (fd);
  return rc == 0 ? TRUE : fail (row, rc, NULL, error);
}

/* Its name in the working directory; whether that still is it. */
static gboolean
is_there (const LinxRow *row, const char *name)
{
  LinxFileId id;

  return linx_file_id_read (&id, AT_FDCWD, name) == 0 && id.mount == row->id;
}

static gboolean
umount_one (LinxJob *job, const LinxPins *pins, const LinxRow *row, int flags, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (row->mount_point);
  g_autofree char *name = g_path_get_basename (row->mount_point);
  g_autofree char *shown = linx_text_escape (row->mount_point);
  g_autofree char *step = g_strdup_printf ("umount2 %s", shown);
  int rc, err;

  if (!go_to_parent (pins, row, parent, error))
    return FALSE;
  if (!is_there (row, name))
    return fail (row, ESTALE, "hidden by another mount, or gone", error);
  if (!linx_job_commit (job, step, error))
    return FALSE;
  rc = umount2 (name, UMOUNT_NOFOLLOW | flags);
  err = errno;
  linx_job_committed (job, rc == 0);
  if (rc < 0)
    return fail (row, err, NULL, error);
  linx_utab_forget (pins, row->mount_point);
  return TRUE;
}

/* One that an earlier unmount has taken along, by propagation from a peer in the same subtree, is
 * where it was to go. */
static gboolean
umount_unless_gone (LinxJob *job, const LinxPins *pins, const LinxRow *row, int flags,
                    GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree LinxRow *now = NULL;

  if (umount_one (job, pins, row, flags, &failure))
    return TRUE;
  now = chdir ("/") == 0 ? linx_table_read_row (row->id, NULL) : NULL;
  if (now == NULL && failure->domain == LINX_MOUNT_ERROR
      && linx_mount_error_get_errno (failure) != 0)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
linx_subtree_umount (LinxJob *job, const LinxPins *pins, int flags, GError **error)
{
  g_autoptr (LinxTable) table = linx_table_read (error);
  g_autoptr (GPtrArray) below = NULL;
  LinxFileId root;

  if (table == NULL)
    return FALSE;
  below = linx_subtree_rows (table, pins->target.mount);
  if (linx_file_id_read (&root, pins->ns[LINX_IN].root, "") != 0)
    root.mount = 0;
  for (guint i = 0; i < below->len; i++)
    if (((const LinxRow *)g_ptr_array_index (below, i))->id == root.mount)
      return fail (g_ptr_array_index (below, i), EBUSY,
                   "the root of the process is never unmounted", error);
  for (guint i = below->len; i > 0; i--)
    if (!umount_unless_gone (job, pins, g_ptr_array_index (below, i - 1), flags, error))
      return FALSE;
  return TRUE;
}
