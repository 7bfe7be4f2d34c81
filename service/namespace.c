/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "linx-error.h"
#include "path.h"
#include "process.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>

static gboolean
fail (GError **error, int err, const char *what, const char *words)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, err, what, words);
}

/* What one side of a call is pinned to: its places are next to each other. */
typedef struct {
  LinxCaller *caller;
  int caller_pidfd;
  gid_t gid;
  LinxNamespace *ns;
  int *fd; /* PLACE_* */
  int lent;
} Side;

enum { PLACE_NS, PLACE_ROOT, PLACE_PROCESS };

static Side
side_of (LinxPins *pins, LinxSide side)
{
  gboolean from = side == LINX_FROM;

  return (Side){ .caller = pins->caller,
                 .caller_pidfd = pins->fd[LINX_LENT_CALLER],
                 .gid = pins->gid,
                 .ns = &pins->ns[side],
                 .fd = &pins->fd[from ? LINX_PIN_FROM_NS : LINX_PIN_NS],
                 .lent = pins->fd[from ? LINX_LENT_FROM : LINX_LENT_IN] };
}

/* The namespace and root of the process that is held. */
static gboolean
pin_process (Side *side, pid_t pid, const char *what, GError **error)
{
  gboolean kernel_thread = FALSE;

  side->ns->pid = pid;
  side->fd[PLACE_NS] = linx_process_open (pid, "ns/mnt", O_RDONLY);
  side->fd[PLACE_ROOT] = linx_process_open (pid, "root", O_PATH);
  side->ns->inode = side->fd[PLACE_NS] >= 0 ? linx_ns_fd_inode (side->fd[PLACE_NS]) : 0;
  /* Numbers were used up to here: they were this process's only if it still lives. Threads of the
   * kernel are in no namespace but the host's. */
  if ((side->ns->inode == linx_process_host_mnt_ns ()
       && linx_process_is_kernel_thread (pid, &kernel_thread) != 0)
      || !linx_process_alive (side->fd[PLACE_PROCESS]))
    return fail (error, ESRCH, what, "the process is not alive");
  if (kernel_thread)
    return fail (error, EINVAL, what, "a kernel thread has no mount namespace of its own");
  if (side->fd[PLACE_NS] < 0 || side->fd[PLACE_ROOT] < 0)
    return fail (error, ESRCH, what, "the process has no mount namespace any more");
  return TRUE;
}

static gboolean
pin_pid (Side *side, pid_t pid, GError **error)
{
  g_autofree char *what = g_strdup_printf ("process %d", (int)pid);

  side->fd[PLACE_PROCESS] = pidfd_open (pid, 0);
  if (side->fd[PLACE_PROCESS] < 0 && errno == ESRCH)
    return fail (error, ESRCH, what, NULL);
  if (side->fd[PLACE_PROCESS] < 0)
    return fail (error, EINVAL, what, "it is a thread, not a process");
  return pin_process (side, pid, what, error);
}

static gboolean
pin_self (Side *side, GError **error)
{
  side->fd[PLACE_PROCESS] = fcntl (side->caller_pidfd, F_DUPFD_CLOEXEC, 0);
  if (side->fd[PLACE_PROCESS] < 0)
    return fail (error, errno, "caller", NULL);
  return pin_process (side, side->caller->pid, "caller", error);
}

/* Opens for real what so far is only pointed at, and proves that it is a mount namespace. */
static gboolean
pin_file (Side *side, int fd, const char *what, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", fd);

  if (!linx_process_is_nsfs (fd))
    return fail (error, EINVAL, what, "it is no namespace");
  side->fd[PLACE_NS] = openat (linx_process_proc_fd (), link, O_RDONLY | O_CLOEXEC);
  if (side->fd[PLACE_NS] < 0)
    return fail (error, errno, what, NULL);
  if (ioctl (side->fd[PLACE_NS], NS_GET_NSTYPE) != CLONE_NEWNS)
    return fail (error, EINVAL, what, "it is a namespace, but no mount namespace");
  side->ns->inode = linx_ns_fd_inode (side->fd[PLACE_NS]);
  return TRUE;
}

static gboolean
pin_path (Side *side, const char *path, GError **error)
{
  gboolean ok;
  int fd, err;

  if (!linx_caller_assume (side->caller, side->gid, error))
    return FALSE;
  fd = sys_openat2 (AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
  err = errno;
  if (!linx_caller_resume (error))
    return FALSE;
  if (fd < 0)
    return fail (error, err, path, err == ELOOP ? "a magic link: name the process id" : NULL);
  ok = pin_file (side, fd, path, error);
  close (fd);
  return ok;
}

static gboolean
pin_fd (Side *side, GError **error)
{
  int fd = side->lent;
  pid_t pid;

  if (linx_process_is_nsfs (fd))
    return pin_file (side, fd, "file descriptor", error);
  if (linx_process_pid (fd) == -2)
    return fail (error, EINVAL, "file descriptor", "it is neither a namespace nor a pidfd");
  pid = linx_process_pid (fd);
  if (pid <= 0)
    return fail (error, ESRCH, "pidfd", "the process is not alive, or not in a pid namespace here");
  side->fd[PLACE_PROCESS] = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  return pin_process (side, pid, "pidfd", error);
}

static gboolean
pin_where (const LinxWhere *where, Side *side, GError **error)
{
  switch (where->kind) {
  case LINX_WHERE_SELF:
    return pin_self (side, error);
  case LINX_WHERE_HOST:
    return pin_pid (side, 1, error);
  case LINX_WHERE_PID:
    return pin_pid (side, where->pid, error);
  case LINX_WHERE_PATH:
    return pin_path (side, where->path, error);
  case LINX_WHERE_FD:
    return pin_fd (side, error);
  default:
    g_assert_not_reached ();
  }
}

/* Who can undo what is done in it: ioctl_ns(2). */
static gboolean
read_owner (Side *side, GError **error)
{
  int userns = ioctl (side->fd[PLACE_NS], NS_GET_USERNS);
  int rc;

  if (userns < 0)
    return fail (error, errno, "owner of the mount namespace", NULL);
  side->ns->foreign = linx_ns_fd_inode (userns) != LINX_INITIAL_USERNS;
  rc = ioctl (userns, NS_GET_OWNER_UID, &side->ns->owner);
  close (userns);
  return rc == 0 ? TRUE : fail (error, errno, "owner of the mount namespace", NULL);
}

static gboolean
pin_side (LinxPins *pins, LinxSide which, const LinxWhere *where, GError **error)
{
  Side side = side_of (pins, which);
  LinxNamespace *ns = side.ns;

  if (!pin_where (where, &side, error) || !read_owner (&side, error))
    return FALSE;
  ns->own = ns->inode == linx_process_ns_inode (pins->caller->pid, "mnt")
            && linx_process_alive (side.caller_pidfd);
  if (ns->inode == linx_process_host_mnt_ns ())
    ns->kind = LINX_NAMESPACE_HOST;
  else
    ns->kind = ns->own ? LINX_NAMESPACE_SELF : LINX_NAMESPACE_OTHER;
  return TRUE;
}

gboolean
linx_namespace_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return pin_side (pins, LINX_IN, &request->in, error)
         && (request->from.kind == LINX_WHERE_NONE
             || pin_side (pins, LINX_FROM, &request->from, error));
}

/* This thread's root is that of the namespace now: mntns_install() (fs/namespace.c). */
static gboolean
is_rerooted (const Side *side)
{
  LinxFileId top, root;

  return side->ns->pid != side->caller->pid
         && !(linx_file_id_read (&top, AT_FDCWD, "/") == 0
              && linx_file_id_read (&root, side->fd[PLACE_ROOT], "") == 0
              && linx_file_id_equal (&top, &root));
}

gboolean
linx_namespace_enter (LinxPins *pins, LinxSide which, GError **error)
{
  Side side = side_of (pins, which);

  /* The namespace would still take mounts, and nobody would see them. */
  if (side.fd[PLACE_PROCESS] >= 0 && !linx_process_alive (side.fd[PLACE_PROCESS]))
    return fail (error, ESRCH, "process", "the process that names the namespace has ended");
  if (setns (side.fd[PLACE_NS], CLONE_NEWNS) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_SET_NS, errno, "mount namespace", NULL);
  if (side.fd[PLACE_ROOT] >= 0) {
    side.ns->rerooted = !pins->privileged && is_rerooted (&side);
    return TRUE;
  }
  side.fd[PLACE_ROOT] = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return side.fd[PLACE_ROOT] >= 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, "/", NULL);
}

gboolean
linx_namespace_enter_own (GError **error)
{
  return setns (linx_process_self_mnt_ns (), CLONE_NEWNS) == 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_SET_NS, errno, "the service's namespace",
                               NULL);
}
