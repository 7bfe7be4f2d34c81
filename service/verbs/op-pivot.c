/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/sys.h"
#include "linx-error.h"
#include "mount/peers.h"
#include "table/mount-id.h"
#include "verbs/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* A pivot under way. */
typedef struct {
  LinxJob *job;
  const LinxRequest *request;
  const LinxPins *pins;
  int new_root; /* the pinned directory, or the root of what was bound onto it */
  gboolean bound;
  guint64 old_root; /* id of the mount that is the root now */
} Pivot;

static gboolean
fail (const Pivot *pivot, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_PIVOT_ROOT, err, pivot->pins->target.path, words);
}

static gboolean
is_directory (const LinxPlace *place, GError **error)
{
  return S_ISDIR (place->id.mode)
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_PIVOT_ROOT, ENOTDIR, place->path, NULL);
}

gboolean
linx_pivot_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_pins_hold_target (request, pins, error) && is_directory (&pins->target.place, error)
         && linx_pins_hold_put_old (request, pins, error)
         && (pins->put_old.place.path == NULL || is_directory (&pins->put_old.place, error));
}

static gboolean
is_shared (guint64 mount)
{
  g_autofree char *propagation = linx_mount_id_propagation (mount);

  return g_str_has_prefix (propagation, "shared");
}

/* pivot_root(2) has one errno for many reasons; these are the checks of path_pivot_root()
 * (fs/namespace.c), in words for the caller. */
static const char *
explain_einval (const Pivot *pivot)
{
  const LinxPins *pins = pivot->pins;
  guint64 root_parent = linx_mount_id_parent (pivot->old_root);

  if (root_parent == pivot->old_root || root_parent == 0)
    return "the root is the initial rootfs, which stays where it is: mount the new root over it "
           "and "
           "chroot instead";
  if (!pins->target.is_mount && !pivot->bound)
    return "the new root is not a mount point: pass 'bind-new-root'";
  if (is_shared (pins->target.mount) || is_shared (linx_mount_id_parent (pins->target.mount))
      || is_shared (root_parent))
    return "the new root, or the mount that it is on, is shared: pass 'make-rprivate'";
  if (pins->put_old.place.path != NULL && is_shared (pins->put_old.place.id.mount))
    return "put_old is on a shared mount: pass 'make-rprivate'";
  return "the new root came locked from a more privileged mount namespace: pass 'bind-new-root'";
}

static const char *
explain (const Pivot *pivot, int err)
{
  if (err == EINVAL)
    return explain_einval (pivot);
  if (err == EBUSY && pivot->pins->target.mount == pivot->old_root && !pivot->bound)
    return "the new root is on the mount that is the root already: pass 'bind-new-root', and a "
           "directory other than /";
  return NULL;
}

static gboolean
make_rprivate (const Pivot *pivot, GError **error)
{
  struct mount_attr attr = { .propagation = MS_PRIVATE };
  int rc, err;

  if (!linx_job_commit (pivot->job, "make-rprivate", error))
    return FALSE;
  rc = mount_setattr (AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof attr);
  err = errno;
  linx_job_committed (pivot->job, rc == 0);
  return rc == 0 ? TRUE : linx_error_set (error, LINX_MOUNT_STAGE_PROPAGATION, err, "/", NULL);
}

/* On a shared mount the bind would appear in all of its peers, in the host for instance, and the
 * kernel would refuse the pivot afterwards. */
static gboolean
check_bind (const Pivot *pivot, GError **error)
{
  if (pivot->pins->target.is_mount && pivot->pins->target.mount == pivot->old_root)
    return fail (pivot, EBUSY, "the new root is the root already: name another directory", error);
  if (!pivot->request->pivot.make_rprivate && is_shared (pivot->pins->target.mount))
    return fail (pivot, EINVAL, "the new root is on a shared mount: pass 'make-rprivate'", error);
  return TRUE;
}

static gboolean
bind_new_root (Pivot *pivot, GError **error)
{
  const char *path = pivot->pins->target.path;
  int clone = open_tree (pivot->new_root, "",
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
  int rc, err;

  if (clone < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_TREE, errno, path, NULL);
  if (!linx_job_commit (pivot->job, "bind-new-root", error)) {
    close (clone);
    return FALSE;
  }
  rc = move_mount (clone, "", pivot->new_root, "",
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  err = errno;
  linx_job_committed (pivot->job, rc == 0);
  if (rc < 0) {
    close (clone);
    return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, err, path, NULL);
  }
  pivot->new_root = clone;
  pivot->bound = TRUE;
  return TRUE;
}

/* Takes the bind off again, and first out of all peer groups: its unmount is to appear nowhere
 * else. What was made private stays so: there is no way back into a group. */
static void
undo_bind (const Pivot *pivot)
{
  struct mount_attr attr = { .propagation = MS_PRIVATE };

  if (!pivot->bound || fchdir (pivot->new_root) < 0
      || mount_setattr (pivot->new_root, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0
      || !linx_job_commit (pivot->job, "undo of bind-new-root", NULL))
    return;
  linx_job_committed (pivot->job, umount2 (".", MNT_DETACH) == 0);
}

/* With a bind, put_old is looked up once more, beneath it: there it must be the same directory. */
static gboolean
check_put_old (const Pivot *pivot, GError **error)
{
  const LinxPlace *place = &pivot->pins->put_old.place;
  LinxFileId beneath;
  int fd, rc;

  if (!pivot->bound || pivot->pins->put_old.below == NULL)
    return TRUE;
  fd = sys_openat2 (pivot->new_root, pivot->pins->put_old.below, O_PATH | O_CLOEXEC,
                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  rc = fd < 0 ? errno : linx_file_id_read (&beneath, fd, "");
  if (fd >= 0)
    close (fd);
  if (rc != 0 || beneath.inode != place->id.inode || beneath.major != place->id.major
      || beneath.minor != place->id.minor)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, place->path,
                           "not the same directory beneath the bound new root");
  return TRUE;
}

/* The working directory is the new root. pivot_root(2) takes paths alone: put_old is named from
 * there; where it went is checked afterwards. */
static gboolean
pivot_root (const Pivot *pivot, GError **error)
{
  const LinxPins *pins = pivot->pins;
  const char *put_old = pins->put_old.below != NULL ? pins->put_old.below : ".";
  int rc, err;

  if (fchdir (pivot->new_root) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_CHDIR, errno, pins->target.path, NULL);
  if (!linx_job_commit (pivot->job, "pivot_root", error))
    return FALSE;
  rc = (int)syscall (SYS_pivot_root, ".", put_old);
  err = errno;
  linx_job_committed (pivot->job, rc == 0);
  return rc == 0 ? TRUE : fail (pivot, err, explain (pivot, err), error);
}

/* Goes to the directory that the old root is in now, or, where it is stacked on the new one, stays
 * there, and makes sure that it is what is unmounted by the name in @name. */
static gboolean
go_to_old_root (const Pivot *pivot, char **name, GError **error)
{
  const char *below = pivot->pins->put_old.below;
  g_autofree char *parent = NULL;
  LinxFileId there;
  int fd = -1, rc = 0;

  if (below != NULL) {
    linx_path_split (below, &parent, name);
    fd = sys_openat2 (pivot->new_root, parent, O_PATH | O_DIRECTORY | O_CLOEXEC,
                      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    rc = fd >= 0 ? fchdir (fd) : -1;
    if (fd >= 0)
      close (fd);
  } else {
    *name = g_strdup (".");
  }
  /* ".." of a root is what is stacked on it (follow_dotdot(), fs/namei.c). */
  if (rc == 0)
    rc = linx_file_id_read (&there, AT_FDCWD, below != NULL ? *name : "..");
  return rc == 0 && there.mount == pivot->old_root
             ? TRUE
             : fail (pivot, ESTALE, "the old root went elsewhere: put_old was exchanged", error);
}

static gboolean
detach (const Pivot *pivot, const char *name, GError **error)
{
  int flags = MNT_DETACH | (g_str_equal (name, ".") ? 0 : UMOUNT_NOFOLLOW);
  int rc, err;

  if (!linx_job_commit (pivot->job, "detach-old", error))
    return FALSE;
  rc = umount2 (name, flags);
  err = errno;
  linx_job_committed (pivot->job, rc == 0);
  return rc == 0 ? TRUE : linx_error_set (error, LINX_MOUNT_STAGE_UMOUNT, err, "old root", NULL);
}

/* The kernel would have EINVAL or EBUSY for it, and only once all else was done. */
static gboolean
check_put_old_is_below (const Pivot *pivot, GError **error)
{
  const LinxPins *pins = pivot->pins;

  if (pins->put_old.place.path == NULL || pins->put_old.below != NULL
      || g_str_equal (pins->put_old.place.path, pins->target.place.path))
    return TRUE;
  return fail (pivot, EINVAL, "put_old must be the new root, or a directory below it", error);
}

static gboolean
prepare (Pivot *pivot, GError **error)
{
  const LinxRequest *request = pivot->request;

  if (!check_put_old_is_below (pivot, error))
    return FALSE;
  if (request->pivot.bind_new_root && !check_bind (pivot, error))
    return FALSE;
  if (request->pivot.make_rprivate && !make_rprivate (pivot, error))
    return FALSE;
  return !request->pivot.bind_new_root || bind_new_root (pivot, error);
}

static gboolean
run (Pivot *pivot, GError **error)
{
  g_autofree char *name = NULL;

  if (!prepare (pivot, error))
    return FALSE;
  if (!check_put_old (pivot, error) || !pivot_root (pivot, error)) {
    undo_bind (pivot);
    return FALSE;
  }
  return go_to_old_root (pivot, &name, error)
         && (!pivot->request->pivot.detach_old || detach (pivot, name, error));
}

GVariant *
linx_pivot_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  Pivot pivot = { .job = job, .request = request, .pins = pins, .new_root = pins->target.fd };
  LinxFileId root;
  gboolean ok;

  if (!linx_pins_recheck_as_caller (pins, error) || !linx_peers_recheck (request, pins, error))
    return NULL;
  if (linx_file_id_read (&root, AT_FDCWD, "/") != 0) {
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, "/", NULL);
    return NULL;
  }
  pivot.old_root = root.mount;
  ok = run (&pivot, error);
  if (pivot.bound)
    close (pivot.new_root);
  return ok ? g_variant_new ("()") : NULL;
}
