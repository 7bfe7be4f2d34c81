/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/attach.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "linx-text.h"
#include "mount/peers.h"
#include "table/table.h"
#include "worker/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the placeholder as the caller, and holds it in the place of its directory. */
static gboolean
create_target (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *shown = linx_text_escape (pins->target.path);
  g_autofree char *step = g_strdup_printf ("create %s", shown);
  gboolean directory = request->create == LINX_CREATE_DIRECTORY;
  int parent = pins->target.fd;
  int rc, err, made;

  if (!linx_job_commit (job, step, error))
    return FALSE;
  rc = directory ? mkdirat (parent, pins->target.name, 0755)
                 : openat (parent, pins->target.name,
                           O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
  err = errno;
  linx_job_committed (job, rc >= 0);
  if (rc < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_CREATE, err, pins->target.path,
                           err == EOVERFLOW ? "the filesystem has no number for the caller's user"
                                            : NULL);
  if (!directory)
    close (rc);
  made = openat (parent, pins->target.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (made < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, pins->target.path, NULL);
  close (parent);
  pins->target.fd = made;
  linx_place_clear (&pins->target.place);
  return linx_place_read (&pins->target.place, made, pins->target.path, error)
         && (g_str_equal (pins->target.place.path, pins->target.path)
                 ? TRUE
                 : linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, pins->target.path,
                                   NULL));
}

/* The credentials with which a placeholder is made: the caller's. For root in a namespace that
 * another user namespace owns, those of the directory's owner: on a filesystem of that user
 * namespace the kernel has no number for a file of root's (EOVERFLOW). */
static gboolean
assume_creator (const LinxPins *pins, GError **error)
{
  if (pins->sender.privileged && pins->ns[LINX_IN].in_other_userns && pins->target.name != NULL)
    return linx_credentials_assume_ids (pins->target.place.id.uid, pins->target.place.id.gid,
                                        error);
  return linx_credentials_assume (&pins->sender.credentials, error);
}

gboolean
linx_attach_ready (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean ok;

  if (!linx_pins_recheck_as_caller (pins, error) || !assume_creator (pins, error))
    return FALSE;
  ok = pins->target.name == NULL || create_target (job, request, pins, error);
  return linx_credentials_resume (ok ? error : NULL) && ok;
}

gboolean
linx_attach_check_kind (const LinxRequest *request, const LinxPins *pins, guint mode,
                        GError **error)
{
  gboolean directory = pins->target.name != NULL ? request->create == LINX_CREATE_DIRECTORY
                                                 : S_ISDIR (pins->target.place.id.mode);

  return directory == S_ISDIR (mode)
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, ENOTDIR, pins->target.path,
                               "a directory goes onto a directory only, and a file onto a file");
}

/* As mount(2) has it: the kernel's move_mount(2) would stack it (do_add_mount(), fs/namespace.c).
 */
static gboolean
check_not_there (const LinxRequest *request, const LinxPins *pins, const LinxFileId *mount,
                 GError **error)
{
  const LinxFileId *place = &pins->target.place.id;
  gboolean there = request->method->bit == LINX_VERB_MOUNT && !request->beneath
                   && pins->target.name == NULL && place->mount_root && mount->reusable == 0
                   && place->reusable == 0 && mount->major == place->major
                   && mount->minor == place->minor && mount->inode == place->inode;

  return there ? linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, EBUSY, pins->target.path,
                                 "the same filesystem is already mounted there")
               : TRUE;
}

static const char *
explain (const LinxRequest *request, const LinxPins *pins, int err)
{
  if (err == ELOOP && pins->source.kind == LINX_SOURCE_NAMESPACE)
    return "a mount namespace can be pinned in an older one only, by the order of their numbers, "
           "which are given out a CPU at a time";
  if (err == EINVAL && request->beneath)
    return "nothing goes beneath the root of a namespace, or a mount that is locked in place, nor "
           "where propagation would bring it there twice";
  if (err == EINVAL)
    return "an unbindable or locked mount, or one of another namespace, cannot be put there";
  if (err == ENOENT)
    return "it, or what is to be mounted, was deleted: the kernel mounts neither on it nor it "
           "elsewhere";
  return NULL;
}

static gboolean
fail (const LinxRequest *request, const LinxPins *pins, int err, GError **error)
{
  g_autoptr (LinxTable) table = err == ENOSPC ? linx_table_read (NULL) : NULL;
  g_autofree char *words = NULL;

  if (table != NULL)
    words = g_strdup_printf ("the namespace, or one that it propagates to, would have more mounts "
                             "than fs.mount-max (sysctl) allows; here are %u",
                             table->rows->len);
  return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, err, pins->target.path,
                         words != NULL ? words : explain (request, pins, err));
}

int
linx_attach_move (const LinxRequest *request, int mount, int target)
{
  unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
                       | (request->beneath ? LINX_MOVE_MOUNT_BENEATH : 0);

  return move_mount (mount, "", target, "", flags);
}

static gboolean
move_onto_target (LinxJob *job, const LinxRequest *request, int mount, const LinxPins *pins,
                  GError **error)
{
  int rc, err;

  if (!linx_job_commit (job, "move_mount", error))
    return FALSE;
  rc = linx_attach_move (request, mount, pins->target.fd);
  err = errno;
  linx_job_committed (job, rc == 0);
  return rc == 0 ? TRUE : fail (request, pins, err, error);
}

gboolean
linx_attach (LinxJob *job, const LinxRequest *request, LinxPins *pins, int mount, GError **error)
{
  LinxFileId id = { 0 };
  int rc = linx_file_id_read (&id, mount, "");

  /* A FUSE filesystem that is not root's tells root nothing, of a mount that is in no table yet. */
  if (rc == EACCES && pins->source.place.path != NULL) {
    id.mode = pins->source.place.id.mode;
    rc = 0;
  }
  pins->fresh = FALSE; /* the mount was made meanwhile */
  if (rc != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, rc, pins->target.path, NULL);
  return linx_attach_check_kind (request, pins, id.mode, error)
         && check_not_there (request, pins, &id, error)
         && linx_attach_ready (job, request, pins, error)
         && linx_peers_recheck (request, pins, error)
         && move_onto_target (job, request, mount, pins, error);
}
