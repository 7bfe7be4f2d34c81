/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "linx-error.h"
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
  return linx_error_set (error, LINX_STAGE_OPEN_NS, err, what, words);
}

/* The namespace and root of the process that @pins->fd[LINX_PIN_PROCESS] holds. */
static gboolean
pin_process (LinxPins *pins, pid_t pid, const char *what, GError **error)
{
  LinxProcessStatus status;

  pins->pid = pid;
  pins->fd[LINX_PIN_NS] = linx_process_open (pid, "ns/mnt", O_RDONLY);
  pins->fd[LINX_PIN_ROOT] = linx_process_open (pid, "root", O_PATH);
  /* Numbers were used up to here: they were this process's only if it still lives. */
  if (linx_process_status (pid, &status) != 0 || !linx_process_alive (pins->fd[LINX_PIN_PROCESS]))
    return fail (error, ESRCH, what, "the process is not alive");
  if (status.kernel_thread)
    return fail (error, EINVAL, what, "a kernel thread has no mount namespace of its own");
  if (pins->fd[LINX_PIN_NS] < 0 || pins->fd[LINX_PIN_ROOT] < 0)
    return fail (error, ESRCH, what, "the process has no mount namespace any more");
  return TRUE;
}

static gboolean
pin_pid (LinxPins *pins, pid_t pid, GError **error)
{
  g_autofree char *what = g_strdup_printf ("process %d", (int)pid);

  pins->fd[LINX_PIN_PROCESS] = pidfd_open (pid, 0);
  if (pins->fd[LINX_PIN_PROCESS] < 0 && errno == ESRCH)
    return fail (error, ESRCH, what, NULL);
  if (pins->fd[LINX_PIN_PROCESS] < 0)
    return fail (error, EINVAL, what, "it is a thread, not a process");
  return pin_process (pins, pid, what, error);
}

static gboolean
pin_self (LinxPins *pins, GError **error)
{
  pins->fd[LINX_PIN_PROCESS] = fcntl (pins->fd[LINX_LENT_CALLER], F_DUPFD_CLOEXEC, 0);
  if (pins->fd[LINX_PIN_PROCESS] < 0)
    return fail (error, errno, "caller", NULL);
  return pin_process (pins, pins->caller->pid, "caller", error);
}

/* Opens for real what so far is only pointed at, and proves that it is a mount namespace. */
static gboolean
pin_file (LinxPins *pins, int fd, const char *what, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", fd);

  if (!linx_process_is_nsfs (fd))
    return fail (error, EINVAL, what, "it is no namespace");
  pins->fd[LINX_PIN_NS] = openat (linx_process_proc_fd (), link, O_RDONLY | O_CLOEXEC);
  if (pins->fd[LINX_PIN_NS] < 0)
    return fail (error, errno, what, NULL);
  if (ioctl (pins->fd[LINX_PIN_NS], NS_GET_NSTYPE) != CLONE_NEWNS)
    return fail (error, EINVAL, what, "it is a namespace, but no mount namespace");
  return TRUE;
}

static gboolean
pin_path (LinxPins *pins, const char *path, GError **error)
{
  gboolean ok;
  int fd, err;

  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return FALSE;
  fd = sys_openat2 (AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
  err = errno;
  if (!linx_caller_resume (error))
    return FALSE;
  if (fd < 0)
    return fail (error, err, path, err == ELOOP ? "a magic link: name the process id" : NULL);
  ok = pin_file (pins, fd, path, error);
  close (fd);
  return ok;
}

static gboolean
pin_fd (LinxPins *pins, GError **error)
{
  int fd = pins->fd[LINX_LENT_IN];
  pid_t pid;

  if (linx_process_is_nsfs (fd))
    return pin_file (pins, fd, "file descriptor", error);
  if (linx_process_pid (fd) == -2)
    return fail (error, EINVAL, "file descriptor", "it is neither a namespace nor a pidfd");
  pid = linx_process_pid (fd);
  if (pid <= 0)
    return fail (error, ESRCH, "pidfd", "the process is not alive, or not in a pid namespace here");
  pins->fd[LINX_PIN_PROCESS] = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  return pin_process (pins, pid, "pidfd", error);
}

static gboolean
pin_where (const LinxWhere *where, LinxPins *pins, GError **error)
{
  switch (where->kind) {
  case LINX_WHERE_SELF:
    return pin_self (pins, error);
  case LINX_WHERE_HOST:
    return pin_pid (pins, 1, error);
  case LINX_WHERE_PID:
    return pin_pid (pins, where->pid, error);
  case LINX_WHERE_PATH:
    return pin_path (pins, where->path, error);
  case LINX_WHERE_FD:
    return pin_fd (pins, error);
  default:
    g_assert_not_reached ();
  }
}

static guint64
inode_of_process (pid_t pid)
{
  int fd = linx_process_open (pid, "ns/mnt", O_RDONLY);
  guint64 inode = fd >= 0 ? linx_ns_fd_inode (fd) : 0;

  if (fd >= 0)
    close (fd);
  return inode;
}

/* Who can undo what is done in it: ioctl_ns(2). */
static gboolean
read_owner (LinxPins *pins, GError **error)
{
  int userns = ioctl (pins->fd[LINX_PIN_NS], NS_GET_USERNS);
  int rc;

  if (userns < 0)
    return fail (error, errno, "owner of the mount namespace", NULL);
  pins->ns_foreign = linx_ns_fd_inode (userns) != LINX_INITIAL_USERNS;
  rc = ioctl (userns, NS_GET_OWNER_UID, &pins->ns_owner);
  close (userns);
  return rc == 0 ? TRUE : fail (error, errno, "owner of the mount namespace", NULL);
}

gboolean
linx_namespace_pin (const LinxWhere *where, LinxPins *pins, GError **error)
{
  if (!pin_where (where, pins, error) || !read_owner (pins, error))
    return FALSE;
  pins->ns_inode = linx_ns_fd_inode (pins->fd[LINX_PIN_NS]);
  pins->own = pins->ns_inode == inode_of_process (pins->caller->pid)
              && linx_process_alive (pins->fd[LINX_LENT_CALLER]);
  if (pins->ns_inode == inode_of_process (1))
    pins->kind = LINX_NAMESPACE_HOST;
  else
    pins->kind = pins->own ? LINX_NAMESPACE_SELF : LINX_NAMESPACE_OTHER;
  return TRUE;
}

gboolean
linx_namespace_enter (LinxPins *pins, GError **error)
{
  /* The namespace would still take mounts, and nobody would see them. */
  if (pins->fd[LINX_PIN_PROCESS] >= 0 && !linx_process_alive (pins->fd[LINX_PIN_PROCESS]))
    return fail (error, ESRCH, "process", "the process that names the namespace has ended");
  if (setns (pins->fd[LINX_PIN_NS], CLONE_NEWNS) < 0)
    return linx_error_set (error, LINX_STAGE_SET_NS, errno, "mount namespace", NULL);
  if (pins->fd[LINX_PIN_ROOT] >= 0)
    return TRUE;
  pins->fd[LINX_PIN_ROOT] = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return pins->fd[LINX_PIN_ROOT] >= 0
             ? TRUE
             : linx_error_set (error, LINX_STAGE_RESOLVE, errno, "/", NULL);
}
