/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "mount/peers.h"
#include "mount/subtree.h"
#include "mount/utab.h"
#include "table/mount-id.h"
#include "table/table.h"
#include "verbs/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static gboolean
fail (const char *path, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_UMOUNT, err, path, words);
}

/* Where the mount is, canonically, and its id. */
typedef struct {
  char *path;
  guint64 id;
} Found;

static void
found_clear (Found *found)
{
  g_clear_pointer (&found->path, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

/* By looking at it. */
static gboolean
find (const LinxRequest *request, const LinxPins *pins, Found *found, GError **error)
{
  guint flags
      = linx_pins_path_flags (request) | (request->umount.nofollow ? LINX_PATH_NOFOLLOW : 0);
  int fd = linx_path_open (pins->ns[LINX_IN].root, request->target.path, flags, error);
  g_auto (LinxPlace) place = { 0 };
  gboolean ok;

  if (fd < 0)
    return FALSE;
  if (linx_file_id_read (&place.id, fd, "") != 0 || !place.id.mount_root)
    ok = fail (request->target.path, EINVAL, "not a mount point", error);
  else
    ok = linx_place_read (&place, fd, request->target.path, error);
  close (fd); /* before all else: an fd on the mount makes it busy */
  if (!ok)
    return FALSE;
  found->path = g_steal_pointer (&place.path);
  found->id = place.id.mount;
  return TRUE;
}

/* Without following a link as last component, and without touching what is mounted there: each
 * look-up that ends on a mount takes the mark of MNT_EXPIRE off it (mntput(), fs/namespace.c). */
static gboolean
find_untouched (const LinxRequest *request, const LinxPins *pins, Found *found, GError **error)
{
  g_autofree char *parent = NULL;
  g_autofree char *name = NULL;
  g_auto (LinxPlace) place = { 0 };
  g_autoptr (LinxTable) table = NULL;
  const LinxRow *row;
  gboolean ok;
  int fd;

  linx_path_split (request->target.path, &parent, &name);
  fd = linx_path_open (pins->ns[LINX_IN].root, parent, linx_pins_path_flags (request), error);
  if (fd < 0)
    return FALSE;
  ok = linx_place_read (&place, fd, parent, error);
  close (fd);
  if (!ok)
    return FALSE;
  if (g_str_equal (name, "/") || g_str_equal (name, ".") || g_str_equal (name, ".."))
    return fail (request->target.path, EBUSY,
                 "a root is never unmounted, and 'expire' takes no '.' at the end", error);
  table = linx_table_read (error);
  if (table == NULL)
    return FALSE;
  found->path = g_build_filename (place.path, name, NULL);
  row = linx_table_find_top (table, found->path, place.id.mount);
  if (row == NULL)
    return fail (found->path, EINVAL, "not a mount point", error);
  found->id = row->id;
  return TRUE;
}

/* The kernel would make the filesystem at a "/" read-only for all its users, and call it done. */
static gboolean
refuse_root (const LinxPins *pins, const Found *found, GError **error)
{
  LinxFileId root;
  int rc = linx_file_id_read (&root, pins->ns[LINX_IN].root, "");

  if (rc != 0)
    return fail (found->path, rc, NULL, error);
  if (g_str_equal (found->path, "/"))
    return fail (found->path, EBUSY, "the root of the namespace is never unmounted", error);
  if (root.mount == found->id)
    return fail (found->path, EBUSY, "the root of the process is never unmounted", error);
  return TRUE;
}

gboolean
linx_umount_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_auto (Found) found = { 0 };
  g_autofree char *parent = NULL;
  gboolean ok = request->umount.expire ? find_untouched (request, pins, &found, error)
                                       : find (request, pins, &found, error);

  if (!ok || !refuse_root (pins, &found, error))
    return FALSE;
  if (request->id.given && request->id.value != found.id)
    return fail (found.path, ESTALE, "the mount there has another id", error);

  parent = g_path_get_dirname (found.path);
  pins->target.fd = linx_place_open (&pins->target.place, parent, error);
  if (pins->target.fd < 0)
    return FALSE;
  pins->target.name = g_path_get_basename (found.path);
  pins->target.path = g_steal_pointer (&found.path);
  pins->target.mount = found.id;
  pins->target.is_mount = TRUE;
  pins->target.propagation = linx_mount_id_propagation (pins->target.mount);
  return TRUE;
}

/* The id of what is mounted on the name now; 0: nothing. */
static guint64
mount_at_name (const LinxRequest *request, const LinxPins *pins)
{
  g_autoptr (LinxTable) table = NULL;
  const LinxRow *row;
  LinxFileId id;

  if (!request->umount.expire)
    return linx_file_id_read (&id, pins->target.fd, pins->target.name) == 0 ? id.mount : 0;
  table = linx_table_read (NULL);
  row = table != NULL ? linx_table_find_top (table, pins->target.path, pins->target.place.id.mount)
                      : NULL;
  return row != NULL ? row->id : 0;
}

static const char *
explain (const LinxRequest *request, int err)
{
  if (err == EBUSY)
    return "in use: a process has something open on it, or another mount is on it";
  if (err == EINVAL)
    return "not a mount point, or one that came locked from a more privileged mount namespace";
  if (err == EAGAIN && request->umount.expire)
    return "marked as expired: the next call unmounts it if nothing uses it until then";
  return NULL;
}

/* MNT_DETACH takes all that is below along. */
static gboolean
unmount_below (LinxJob *job, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  return !request->recursive || request->umount.detach
         || linx_subtree_umount (job, pins, request->umount.force ? MNT_FORCE : 0, error);
}

/* By propagation from a peer of it that was below it. */
static gboolean
is_gone_with_those_below (const LinxRequest *request, const LinxPins *pins)
{
  g_autofree LinxRow *row
      = request->recursive ? linx_table_read_row (pins->target.mount, NULL) : NULL;

  return request->recursive && row == NULL;
}

/* Where nothing of it sent anything on when that was approved, nothing of it does when it goes,
 * whatever was moved into it meanwhile: a mount that is not shared stays what it is. In the host it
 * is meant. */
static gboolean
send_nothing_on (LinxJob *job, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  struct mount_attr attr = { .propagation = MS_SLAVE };
  int rc, err;

  if (pins->sender.privileged || pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST
      || pins->peers.word[0] != '\0' || !(request->recursive || request->umount.detach)
      || mount_at_name (request, pins) != pins->target.mount)
    return TRUE;
  if (!linx_job_commit (job, "making what is to go a slave", error))
    return FALSE;
  rc = mount_setattr (AT_FDCWD, pins->target.name, AT_SYMLINK_NOFOLLOW | AT_RECURSIVE, &attr,
                      sizeof attr);
  err = errno;
  linx_job_committed (job, rc == 0);
  return rc == 0 ? TRUE : fail (pins->target.path, err, NULL, error);
}

static gboolean
unmount (LinxJob *job, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  int flags = UMOUNT_NOFOLLOW | (request->umount.detach ? MNT_DETACH : 0)
              | (request->umount.force ? MNT_FORCE : 0) | (request->umount.expire ? MNT_EXPIRE : 0);
  int rc, err;

  if (!linx_job_commit (job, "umount2", error))
    return FALSE;
  rc = umount2 (pins->target.name, flags);
  err = errno;
  linx_job_committed (job, rc == 0);
  return rc == 0 ? TRUE : fail (pins->target.path, err, explain (request, err), error);
}

static gboolean
go_to_parent (const LinxPins *pins, GError **error)
{
  return fchdir (pins->target.fd) == 0 ? TRUE : fail (pins->target.place.path, errno, NULL, error);
}

/* There is no unmounting by id: the kernel takes the top of what is mounted on a name. The name is
 * looked up in the pinned directory right after the id was compared, and the id is asked for again
 * afterwards, so that a mount which came in between is at least told. */
GVariant *
linx_umount_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_recheck_as_caller (pins, error) || !linx_peers_recheck (request, pins, error)
      || !go_to_parent (pins, error) || !send_nothing_on (job, request, pins, error)
      || !unmount_below (job, request, pins, error) || !go_to_parent (pins, error))
    return NULL;
  if (mount_at_name (request, pins) != pins->target.mount) {
    if (is_gone_with_those_below (request, pins))
      return g_variant_new ("()");
    fail (pins->target.path, ESTALE, "another mount is there than the one that was approved",
          error);
    return NULL;
  }
  if (!unmount (job, request, pins, error))
    return NULL;
  if (linx_mount_id_exists (pins->target.mount)) {
    fail (pins->target.path, ESTALE,
          "another mount came on top meanwhile and was unmounted instead", error);
    return NULL;
  }
  linx_utab_forget (pins, pins->target.path);
  return g_variant_new ("()");
}
