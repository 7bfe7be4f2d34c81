/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/namespaced-fs.h"
#include "kernel/features.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "worker/credentials.h"
#include "worker/spare-workers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define CHILD_STACK 65536

/* The namespace that a type shows, or talks through: taken from whoever calls fsopen(2). */
static int
shown_by (const char *fstype)
{
  static const struct {
    const char *fstype;
    int namespace;
  } types[] = {
    { "proc", CLONE_NEWPID },       { "sysfs", CLONE_NEWNET },      { "mqueue", CLONE_NEWIPC },
    { "cgroup", CLONE_NEWCGROUP },  { "cgroup2", CLONE_NEWCGROUP }, { "nfsd", CLONE_NEWNET },
    { "rpc_pipefs", CLONE_NEWNET }, { "nfs", CLONE_NEWNET },        { "nfs4", CLONE_NEWNET },
    { "cifs", CLONE_NEWNET },       { "smb3", CLONE_NEWNET },       { "ceph", CLONE_NEWNET },
    { "9p", CLONE_NEWNET },         { "afs", CLONE_NEWNET },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i].fstype, fstype))
      return types[i].namespace;
  return 0;
}

gboolean
linx_namespaced_fs_is (const char *fstype)
{
  return shown_by (fstype) != 0;
}

static gboolean
dead (GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, "process", NULL);
}

/* A process as `process` and `idmap` name it: its pidfd, and its number while it lives. */
static gboolean
open_process (const LinxWhere *where, int lent, int *pidfd, pid_t *pid, GError **error)
{
  *pidfd = where->kind == LINX_WHERE_PID ? pidfd_open (where->pid, 0)
                                         : fcntl (lent, F_DUPFD_CLOEXEC, 0);
  if (*pidfd < 0)
    return dead (error);
  *pid = where->kind == LINX_WHERE_PID ? where->pid : linx_process_pid (*pidfd);
  if (*pid == -2)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, EINVAL, "file descriptor",
                           "it is no pidfd");
  return *pid > 0 && linx_process_alive (*pidfd) ? TRUE : dead (error);
}

/* As the root that /proc belongs to. */
static gboolean
read_cgroup (LinxPins *pins, GError **error)
{
  LinxAsRoot suspended;
  gboolean ok;

  if (pins->sender.privileged)
    return TRUE;
  if (!linx_credentials_suspend (&suspended, error))
    return FALSE;
  ok = linx_cgroup_read (&pins->fs_process.cgroup, pins->fs_process.pid);
  return linx_credentials_continue (&suspended, error)
         && (ok && linx_process_alive (pins->fs_process.fd) ? TRUE : dead (error));
}

/* As root, likewise. */
static gboolean
look_at_cgroup_namespace (LinxPins *pins, GError **error)
{
  LinxAsRoot suspended;

  if (!linx_credentials_suspend (&suspended, error))
    return FALSE;
  pins->fs_process.in_initial_cgroupns
      = linx_process_ns_inode (pins->fs_process.pid, "cgroup") == LINX_INITIAL_CGROUPNS;
  return linx_credentials_continue (&suspended, error)
         && (linx_process_alive (pins->fs_process.fd) ? TRUE : dead (error));
}

static gboolean
open_shown (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxWhere *process = &request->process;

  if (process->kind != LINX_WHERE_NONE)
    return open_process (process, pins->fs_process.given_fd, &pins->fs_process.fd,
                         &pins->fs_process.pid, error)
           && read_cgroup (pins, error);
  if (pins->ns[LINX_IN].process < 0)
    return linx_error_set_args (error,
                                "'process' is missing: fstype %s shows a process's namespace, and "
                                "'in' names none",
                                pins->fs.type);
  pins->fs_process.fd = fcntl (pins->ns[LINX_IN].process, F_DUPFD_CLOEXEC, 0);
  pins->fs_process.pid = pins->ns[LINX_IN].pid;
  return pins->fs_process.fd >= 0 ? TRUE : dead (error);
}

gboolean
linx_namespaced_fs_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  int namespace = shown_by (pins->fs.type);

  if (namespace == 0)
    return request->process.kind == LINX_WHERE_NONE
               ? TRUE
               : linx_error_set_args (error, "'process' says nothing to fstype %s", pins->fs.type);
  return open_shown (request, pins, error)
         && (namespace != CLONE_NEWCGROUP || look_at_cgroup_namespace (pins, error));
}

static gboolean
is_user_namespace (int fd)
{
  return ioctl (fd, NS_GET_NSTYPE) == CLONE_NEWUSER;
}

/* Handles of processes are opened as root. */
static gboolean
open_userns (LinxPins *pins, pid_t pid, GError **error)
{
  LinxAsRoot suspended;

  if (!linx_credentials_suspend (&suspended, error))
    return FALSE;
  pins->idmap.fd = linx_process_open (pid, "ns/user", O_RDONLY);
  return linx_credentials_continue (&suspended, error)
         && (pins->idmap.fd >= 0 ? TRUE : dead (error));
}

static gboolean
open_idmap (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxWhere *idmap = &request->idmap;
  int lent = pins->idmap.given_fd;
  int pidfd;
  pid_t pid;
  gboolean ok;

  if (idmap->kind == LINX_WHERE_FD && linx_process_is_nsfs (lent)) {
    if (!is_user_namespace (lent))
      return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, EINVAL, "file descriptor",
                             "'idmap' is no user namespace");
    pins->idmap.fd = fcntl (lent, F_DUPFD_CLOEXEC, 0);
    return TRUE;
  }
  ok = open_process (idmap, lent, &pidfd, &pid, error) && open_userns (pins, pid, error)
       && (linx_process_alive (pidfd) ? TRUE : dead (error));
  if (pidfd >= 0)
    close (pidfd);
  return ok;
}

gboolean
linx_namespaced_fs_pin_idmap (const LinxRequest *request, LinxPins *pins, GError **error)
{
  int userns;

  if (request->idmap.kind == LINX_WHERE_NONE)
    return TRUE;
  if (!open_idmap (request, pins, error))
    return FALSE;
  userns = pins->idmap.fd;
  pins->idmap.inode = linx_ns_fd_inode (userns);
  return ioctl (userns, NS_GET_OWNER_UID, &pins->idmap.owner) == 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, errno, "'idmap'", NULL);
}

/* What the child does, and all that it may do: it shares the memory of a process with many threads,
 * whose locks nobody lets go in it. */
typedef struct {
  int context;
  int err;
} Child;

static int
open_proc (void *data)
{
  Child *child = data;

  child->context = (int)syscall (SYS_fsopen, "proc", FSOPEN_CLOEXEC);
  child->err = errno;
  return 0;
}

/* proc shows the pid namespace of the task that opens the context (proc_init_fs_context(),
 * fs/proc/root.c), and setns(2) moves only children: so one child opens it, in the descriptor table
 * and the memory of this thread, which waits meanwhile. */
gboolean
linx_namespaced_fs_open_proc_in_child (int pid_ns, int *context, GError **error)
{
  g_autofree char *stack = NULL;
  Child child = { -1, 0 };
  pid_t pid;

  linx_spare_workers_discard_current ();
  if (setns (pid_ns, CLONE_NEWPID) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_SET_NS_PID, errno, "pid namespace", NULL);
  stack = g_malloc (CHILD_STACK);
  pid = clone (open_proc, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD,
               &child);
  if (pid < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_FORK, errno, "pid namespace",
                           errno == ENOMEM ? "its first process has ended" : NULL);
  while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
  *context = child.context;
  errno = child.err;
  return TRUE;
}

static gboolean
open_proc_by_option (int pid_ns, int *context)
{
  *context = fsopen ("proc", FSOPEN_CLOEXEC);
  if (*context >= 0 && fsconfig (*context, FSCONFIG_SET_FD, "pidns", NULL, pid_ns) < 0) {
    int err = errno;

    close (*context);
    *context = -1;
    errno = err;
  }
  return TRUE;
}

static gboolean
open_proc_of (const LinxPins *pins, int *context, GError **error)
{
  int pid_ns = linx_process_open (pins->fs_process.pid, "ns/pid", O_RDONLY);
  gboolean ok;
  int err;

  if (pid_ns < 0 || !linx_process_alive (pins->fs_process.fd)) {
    if (pid_ns >= 0)
      close (pid_ns);
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_PID_NS, ESRCH, "process", NULL);
  }
  ok = linx_feature_pidns_option ()
           ? open_proc_by_option (pid_ns, context)
           : linx_namespaced_fs_open_proc_in_child (pid_ns, context, error);
  err = errno;
  close (pid_ns);
  errno = err;
  return ok;
}

gboolean
linx_namespaced_fs_open (const LinxPins *pins, int *context, GError **error)
{
  int namespace = shown_by (pins->fs.type);

  if (namespace == CLONE_NEWPID)
    return open_proc_of (pins, context, error);
  if (namespace != 0)
    linx_spare_workers_discard_current ();
  if (namespace != 0 && setns (pins->fs_process.fd, namespace) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_SET_NS, errno, pins->fs.type,
                           errno == ESRCH ? "the process whose namespace it shows has ended"
                                          : NULL);
  *context = fsopen (pins->fs.type, FSOPEN_CLOEXEC);
  return TRUE;
}
