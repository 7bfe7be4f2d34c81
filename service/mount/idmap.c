/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/idmap.h"
#include "linx-error.h"
#include "linx-path.h"
#include "mount/subtree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

static int
set (int mount, int userns, gboolean recursive)
{
  struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (guint64)userns };
  unsigned int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

  return mount_setattr (mount, "", flags, &attr, sizeof attr) == 0 ? 0 : errno;
}

/* Whether a clone of what is mounted there alone is refused in the same way. */
static gboolean
is_refused (const LinxRow *row, int userns, int err)
{
  int place = linx_path_open (AT_FDCWD, row->mount_point, LINX_PATH_NO_SYMLINKS, NULL);
  int clone = place >= 0
                  ? open_tree (place, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)
                  : -1;
  gboolean is = clone >= 0 && set (clone, userns, FALSE) == err;

  if (clone >= 0)
    close (clone);
  if (place >= 0)
    close (place);
  return is;
}

/* The kernel says only that one of them all was refused. NULL: the topmost, or it cannot be told.
 */
static char *
find_refused (const LinxPins *pins, int userns, int err)
{
  const LinxPlace *source = &pins->source.place;
  g_autoptr (LinxTable) table = source->path != NULL ? linx_table_read (NULL) : NULL;
  g_autoptr (GPtrArray) rows
      = table != NULL ? linx_subtree_rows (table, source->id.mount) : g_ptr_array_new ();

  for (guint i = 0; i < rows->len; i++) {
    const LinxRow *row = g_ptr_array_index (rows, i);

    if (linx_path_is_below (row->mount_point, source->path) && is_refused (row, userns, err))
      return g_strdup (row->mount_point);
  }
  return NULL;
}

static const char *
explain (int err)
{
  switch (err) {
  case EINVAL:
    return "'idmap': this filesystem type cannot be mapped";
  case EPERM:
    return "'idmap': the source is mapped already, or the mapping is the initial user namespace";
  default:
    return NULL;
  }
}

gboolean
linx_idmap_set (const LinxRequest *request, const LinxPins *pins, int mount, GError **error)
{
  int userns = pins->idmap.fd;
  int err = userns >= 0 ? set (mount, userns, request->recursive) : 0;
  g_autofree char *refused = NULL;

  if (err == 0)
    return TRUE;
  if (request->recursive && set (mount, userns, FALSE) == 0)
    refused = find_refused (pins, userns, err);
  return linx_error_set (error, LINX_MOUNT_STAGE_SET_ATTRIBUTES, err,
                         refused != NULL ? refused : linx_pins_path (pins), explain (err));
}
