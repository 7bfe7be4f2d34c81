/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/namespace.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "lookup/path.h"
#include "worker/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <unistd.h>

static gboolean
fail (GError **error, int err, const char *what, const char *words)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, err, what, words);
}

/* What one side of a call is pinned to, and for whom. */
typedef struct {
  LinxSender *sender;
  LinxNamespace *ns;
} Side;

static Side
side_of (LinxPins *pins, LinxSide side)
{
  return (Side){ &pins->sender, &pins->ns[side] };
}

/* The namespace and root of the process that is held. */
static gboolean
pin_process (Side *side, pid_t pid, const char *what, GError **error)
{
  gboolean kernel_thread = FALSE;

  side->ns->pid = pid;
  side->ns->fd = linx_process_open (pid, "ns/mnt", O_RDONLY);
  side->ns->root = linx_process_open (pid, "root", O_PATH);
  side->ns->inode = side->ns->fd >= 0 ? linx_ns_fd_inode (side->ns->fd) : 0;
  if (!side->sender->privileged && !linx_cgroup_read (&side->ns->cgroup, pid))
    return fail (error, ESRCH, what, "its control group cannot be read");
  /* Numbers were used up to here: they were this process's only if it still lives. Threads of the
   * kernel are in no namespace but the host's. */
  if ((side->ns->inode == linx_process_host_mnt_ns ()
       && linx_process_is_kernel_thread (pid, &kernel_thread) != 0)
      || !linx_process_alive (side->ns->process))
    return fail (error, ESRCH, what, "the process is not alive");
  if (kernel_thread)
    return fail (error, EINVAL, what, "a kernel thread has no mount namespace of its own");
  if (side->ns->fd < 0 || side->ns->root < 0)
    return fail (error, ESRCH, what, "the process has no mount namespace any more");
  return TRUE;
}

static gboolean
is_thread_of (pid_t thread, pid_t leader)
{
  g_autofree char *file = g_strdup_printf ("%d/task/%d/comm", (int)leader, (int)thread);
  char name[64];

  return leader == 0 || linx_process_read (file, name, sizeof name) >= 0;
}

static gboolean
pin_pid (Side *side, const LinxWhere *where, GError **error)
{
  g_autofree char *what = g_strdup_printf ("process %d", (int)where->pid);

  side->ns->process = pidfd_open (where->pid, 0);
  if (side->ns->process < 0 && errno != ESRCH)
    side->ns->process = pidfd_open (where->pid, LINX_PIDFD_THREAD);
  if (side->ns->process < 0 && errno == EINVAL) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                 "%s is a thread, which this kernel has no descriptors of: Linux 6.9 is needed",
                 what);
    return FALSE;
  }
  if (side->ns->process < 0 || !is_thread_of (where->pid, where->leader))
    return fail (error, ESRCH, what, NULL);
  return pin_process (side, where->pid, what, error);
}

static gboolean
pin_self (Side *side, GError **error)
{
  side->ns->process = fcntl (side->sender->pidfd, F_DUPFD_CLOEXEC, 0);
  if (side->ns->process < 0)
    return fail (error, errno, "caller", NULL);
  return pin_process (side, side->sender->caller->pid, "caller", error);
}

/* Opens for real what so far is only pointed at, and proves that it is a mount namespace. */
static gboolean
pin_file (Side *side, int fd, const char *what, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", fd);

  if (!linx_process_is_nsfs (fd))
    return fail (error, EINVAL, what, "it is no namespace");
  side->ns->fd = openat (linx_process_proc_fd (), link, O_RDONLY | O_CLOEXEC);
  if (side->ns->fd < 0)
    return fail (error, errno, what, NULL);
  if (ioctl (side->ns->fd, NS_GET_NSTYPE) != CLONE_NEWNS)
    return fail (error, EINVAL, what, "it is a namespace, but no mount namespace");
  side->ns->inode = linx_ns_fd_inode (side->ns->fd);
  return TRUE;
}

static gboolean
pin_path (Side *side, const char *path, GError **error)
{
  gboolean ok;
  int fd, err;

  if (!linx_credentials_assume (&side->sender->credentials, error))
    return FALSE;
  fd = sys_openat2 (AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
  err = errno;
  if (!linx_credentials_resume (error))
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
  int fd = side->ns->given_fd;
  pid_t pid;

  if (linx_process_is_nsfs (fd))
    return pin_file (side, fd, "file descriptor", error);
  if (linx_process_pid (fd) == -2)
    return fail (error, EINVAL, "file descriptor", "it is neither a namespace nor a pidfd");
  pid = linx_process_pid (fd);
  if (pid <= 0)
    return fail (error, ESRCH, "pidfd", "the process is not alive, or not in a pid namespace here");
  side->ns->process = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  return pin_process (side, pid, "pidfd", error);
}

static gboolean
pin_where (const LinxWhere *where, Side *side, GError **error)
{
  const LinxWhere host = { .kind = LINX_WHERE_PID, .pid = 1 };

  switch (where->kind) {
  case LINX_WHERE_SELF:
    return pin_self (side, error);
  case LINX_WHERE_HOST:
    return pin_pid (side, &host, error);
  case LINX_WHERE_PID:
    return pin_pid (side, where, error);
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
  int userns = ioctl (side->ns->fd, NS_GET_USERNS);
  int rc;

  if (userns < 0)
    return fail (error, errno, "owner of the mount namespace", NULL);
  side->ns->in_other_userns = linx_ns_fd_inode (userns) != LINX_INITIAL_USERNS;
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
  ns->own = ns->inode == pins->sender.mnt_ns;
  if (ns->inode == linx_process_host_mnt_ns ())
    ns->kind = LINX_NAMESPACE_HOST;
  else
    ns->kind = ns->own ? LINX_NAMESPACE_SELF : LINX_NAMESPACE_OTHER;
  return TRUE;
}

static gboolean
is_root_of (pid_t pid, const LinxFileId *id)
{
  LinxFileId root;

  return linx_file_id_read_root (&root, pid) == 0 && linx_file_id_equal (&root, id);
}

/* Whether it could look up by itself what the service opens by number or name. */
static gboolean
sees_as_service (pid_t pid, guint64 mnt_ns)
{
  LinxFileId own;

  return mnt_ns == linx_ns_fd_inode (linx_process_self_mnt_ns ())
         && linx_process_ns_inode (pid, "pid") == linx_process_ns_inode (getpid (), "pid")
         && linx_file_id_read (&own, AT_FDCWD, "/") == 0 && is_root_of (pid, &own);
}

/* This worker is where the service is still. */
static gboolean
pin_caller (LinxPins *pins, GError **error)
{
  pid_t pid = pins->sender.caller->pid;

  pins->sender.mnt_ns = linx_process_ns_inode (pid, "mnt");
  pins->sender.in_host = pins->sender.mnt_ns == linx_process_host_mnt_ns ();
  if (!pins->sender.privileged) {
    pins->sender.sees_as_service = sees_as_service (pid, pins->sender.mnt_ns);
    if (!linx_cgroup_read (&pins->sender.cgroup, pid))
      return fail (error, ESRCH, "caller", "its control group cannot be read");
  }
  return linx_process_alive (pins->sender.pidfd)
             ? TRUE
             : fail (error, ESRCH, "caller", "the caller's process has ended");
}

gboolean
linx_namespace_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return pin_caller (pins, error) && pin_side (pins, LINX_IN, &request->in, error)
         && (request->from.kind == LINX_WHERE_NONE
             || pin_side (pins, LINX_FROM, &request->from, error));
}

static gboolean
open_root (Side *side, GError **error)
{
  if (side->ns->root >= 0)
    return TRUE;
  side->ns->root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return side->ns->root >= 0 ? TRUE
                             : linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, "/", NULL);
}

static gboolean
is_seen_by_caller (const Side *side)
{
  LinxFileId root;

  return side->ns->own
         && (side->ns->pid == side->sender->caller->pid
             || (linx_file_id_read (&root, side->ns->root, "") == 0
                 && is_root_of (side->sender->caller->pid, &root)))
         && linx_process_alive (side->sender->pidfd);
}

static gboolean
enter (LinxPins *pins, LinxSide which, GError **error)
{
  Side side = side_of (pins, which);

  /* The namespace would still take mounts, and nobody would see them. */
  if (side.ns->process >= 0 && !linx_process_alive (side.ns->process))
    return fail (error, ESRCH, "process", "the process that names the namespace has ended");
  if (setns (side.ns->fd, CLONE_NEWNS) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_SET_NS, errno, "mount namespace", NULL);
  if (!open_root (&side, error))
    return FALSE;
  side.ns->seen_by_caller = !pins->sender.privileged && is_seen_by_caller (&side);
  return TRUE;
}

gboolean
linx_namespace_enter (LinxPins *pins, LinxSide which, GError **error)
{
  LinxAsRoot suspended;
  gboolean ok = linx_credentials_suspend (&suspended, error) && enter (pins, which, error);

  return linx_credentials_continue (&suspended, ok ? error : NULL) && ok;
}

static gboolean
enter_own (GError **error)
{
  return setns (linx_process_self_mnt_ns (), CLONE_NEWNS) == 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_SET_NS, errno, "the service's namespace",
                               NULL);
}

gboolean
linx_namespace_enter_own (GError **error)
{
  LinxAsRoot suspended;
  gboolean ok = linx_credentials_suspend (&suspended, error) && enter_own (error);

  return linx_credentials_continue (&suspended, ok ? error : NULL) && ok;
}

gboolean
linx_namespace_hide_paths (GError **error)
{
  return fchdir (linx_process_empty_root ()) == 0 && chroot (".") == 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_SET_NS, errno, "empty root", NULL);
}
