/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/staging.h"
#include "linx-error.h"
#include "lookup/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT "slot"

static int
move_onto (int mount, int directory, const char *name)
{
  return move_mount (mount, "", directory, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* A filesystem with one place in it, on top of all that this thread sees. Returns its root, or -1
 * with errno set. */
static int
make_slot (gboolean is_directory)
{
  int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
  int root = -1, slot = -1;

  if (context < 0)
    return -1;
  if (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    root = fsmount (context, FSMOUNT_CLOEXEC, 0);
  if (root >= 0 && move_onto (root, AT_FDCWD, "/") == 0)
    slot = is_directory ? mkdirat (root, SLOT, 0700)
                        : openat (root, SLOT, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  close (context);
  if (slot > 0)
    close (slot);
  if (slot >= 0)
    return root;
  if (root >= 0)
    close (root);
  return -1;
}

static gboolean
enter (GError **error)
{
  if (!linx_namespace_enter_own (error))
    return FALSE;
  return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_UNSHARE, errno, "staging namespace", NULL);
}

static gboolean
take (LinxJob *job, LinxPins *pins, gboolean is_directory, GError **error)
{
  int root = make_slot (is_directory);
  int mount = pins->source.fd, rc, err;

  if (root < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, errno, "staging namespace", NULL);
  if (!linx_job_commit (job, "taking the detached mount over", error)) {
    close (root);
    return FALSE;
  }
  rc = move_onto (mount, root, SLOT);
  err = errno;
  linx_job_committed (job, rc == 0);
  close (root);
  return rc == 0 ? TRUE
                 : linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, err, "mount",
                                   err == EINVAL ? "it is not the root of a detached mount" : NULL);
}

static gboolean
clone_taken (LinxPins *pins, GError **error)
{
  int clone = open_tree (pins->source.fd, "",
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

  if (clone < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_TREE, errno, "mount",
                           errno == EINVAL ? "it is unbindable" : NULL);
  close (pins->source.fd);
  pins->source.fd = clone;
  return TRUE;
}

gboolean
linx_staging_take (LinxJob *job, LinxPins *pins, gboolean is_directory, GError **error)
{
  return enter (error) && take (job, pins, is_directory, error) && clone_taken (pins, error)
         && linx_namespace_enter (pins, LINX_IN, error);
}
