/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/process.h"
#include "kernel/sys.h"
#include "linx-error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/pidfd.h>

static int proc_fd = -1;
static int self_pidfd = -1;
static int self_mnt_ns = -1;
static int wakeup = -1;
static int empty_root = -1;
static guint64 host_mnt_ns;
static gboolean has_pidfd_info;

/* A filesystem with nothing in it, which nobody can reach. */
static int
make_empty_root (void)
{
  int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
  int mount = -1;

  if (context < 0)
    return -1;
  if (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    mount = fsmount (context, FSMOUNT_CLOEXEC,
                     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  close (context);
  return mount;
}

static gboolean
probe_pidfd_info (void)
{
  struct linx_pidfd_info info = { .mask = LINX_PIDFD_INFO_CREDS };

  return ioctl (self_pidfd, LINX_PIDFD_GET_INFO, &info) == 0
         && (info.mask & LINX_PIDFD_INFO_CREDS) != 0;
}

gboolean
linx_process_init (GError **error)
{
  int filler;

  if (close_range (3, ~0U, 0) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_PIPE, errno, "inherited descriptors", NULL);
  if (chdir ("/") < 0) /* where it was started would be busy */
    return linx_error_set (error, LINX_MOUNT_STAGE_CHDIR, errno, "/", NULL);
  proc_fd = open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc_fd < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, "/proc", NULL);
  self_pidfd = pidfd_open (getpid (), 0);
  if (self_pidfd < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, errno, "own process", NULL);
  has_pidfd_info = probe_pidfd_info ();
  self_mnt_ns = openat (proc_fd, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (self_mnt_ns < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, errno, "own mount namespace", NULL);
  /* Never asked for again: while it is open the kernel need not make anew, for each caller, the
   * inode by which it is told (path_from_stashed(), fs/libfs.c). */
  if (openat (proc_fd, "self/ns/user", O_RDONLY | O_CLOEXEC) < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, errno, "own user namespace", NULL);
  wakeup = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wakeup < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_PIPE, errno, "wakeup", NULL);
  empty_root
      = make_empty_root (); /* a kernel that has none serves no call: linx_features_missing() */
  host_mnt_ns = linx_process_ns_inode (1, "mnt");
  do
    filler = fcntl (proc_fd, F_DUPFD_CLOEXEC, 0);
  while (filler >= 0 && filler < LINX_RESERVED_FDS - 1);
  if (filler < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_PIPE, errno, "reserved descriptors", NULL);
  return TRUE;
}

static __thread int fd_dir = -1;

gboolean
linx_process_open_fd_dir (void)
{
  fd_dir = openat (proc_fd, "thread-self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fd_dir >= 0;
}

gssize
linx_process_fd_path (int fd, char *path, gsize size)
{
  char name[32];

  g_snprintf (name, sizeof name, fd_dir >= 0 ? "%d" : "thread-self/fd/%d", fd);
  return readlinkat (fd_dir >= 0 ? fd_dir : proc_fd, name, path, size);
}

int
linx_process_proc_fd (void)
{
  return proc_fd;
}

int
linx_process_self_pidfd (void)
{
  return self_pidfd;
}

int
linx_process_self_mnt_ns (void)
{
  return self_mnt_ns;
}

int
linx_process_wakeup_fd (void)
{
  return wakeup;
}

int
linx_process_empty_root (void)
{
  return empty_root;
}

guint64
linx_process_host_mnt_ns (void)
{
  return host_mnt_ns;
}

gboolean
linx_process_alive (int pidfd)
{
  struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
  return pidfd >= 0 && poll (&poll_fd, 1, 0) == 0;
}

gssize
linx_process_read (const char *path, char *buffer, gsize size)
{
  int fd = openat (proc_fd, path, O_RDONLY | O_CLOEXEC);
  gsize length = 0;
  gssize n = -1;

  if (fd < 0)
    return -1;
  while (length < size - 1 && (n = read (fd, buffer + length, size - 1 - length)) > 0)
    length += (gsize)n;
  buffer[length] = '\0';
  close (fd);
  return n < 0 ? -1 : (gssize)length;
}

/* The rest of the line that starts with @label; NULL where there is none. */
static const char *
find_line (const char *text, const char *label)
{
  const char *at = g_str_has_prefix (text, label) ? text : NULL;
  g_autofree char *in_text = g_strconcat ("\n", label, NULL);

  if (at != NULL)
    return at + strlen (label);
  at = strstr (text, in_text);
  return at != NULL ? at + strlen (in_text) : NULL;
}

/* Classifies by statx alone: anything else may wait for a hostile filesystem. */
static gboolean
is_on_filesystem_of (int fd, int example)
{
  struct statx a, b;

  return statx (fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &a) == 0
         && statx (example, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &b) == 0
         && a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
}

gboolean
linx_process_is_nsfs (int fd)
{
  return is_on_filesystem_of (fd, self_mnt_ns);
}

gboolean
linx_process_is_pidfd (int fd)
{
  return is_on_filesystem_of (fd, self_pidfd);
}

pid_t
linx_process_pid (int pidfd)
{
  char buffer[1024];
  g_autofree char *path = g_strdup_printf ("thread-self/fdinfo/%d", pidfd);
  const char *line;

  if (!linx_process_is_pidfd (pidfd) || linx_process_read (path, buffer, sizeof buffer) < 0)
    return -2;
  line = find_line (buffer, "Pid:");
  return line != NULL ? (pid_t)atoi (line) : -2;
}

int
linx_process_open (pid_t pid, const char *name, int flags)
{
  g_autofree char *path = g_strdup_printf ("%d/%s", (int)pid, name);
  return openat (proc_fd, path, flags | O_CLOEXEC);
}

gboolean
linx_process_is_shown_by (int root, const char *proc)
{
  g_autofree char *link = g_strconcat (proc, "/self", NULL);
  g_autofree char *own = g_strdup_printf ("%d", (int)getpid ());
  char target[32] = "";

  return readlinkat (root, link, target, sizeof target - 1) > 0 && g_str_equal (target, own);
}

/* PF_KTHREAD, include/linux/sched.h, in the flags of /proc/PID/stat (proc_pid_stat(5)). */
#define PF_KTHREAD 0x00200000U

int
linx_process_is_kernel_thread (pid_t pid, gboolean *is)
{
  char buffer[1024];
  g_autofree char *path = g_strdup_printf ("%d/stat", (int)pid);
  g_autofree char *exe = g_strdup_printf ("%d/exe", (int)pid);
  unsigned int flags;
  const char *after_name;

  *is = FALSE;
  if (readlinkat (proc_fd, exe, buffer, sizeof buffer) >= 0)
    return 0; /* only what has no memory of its own has none */
  if (linx_process_read (path, buffer, sizeof buffer) < 0)
    return errno;
  after_name = strrchr (buffer, ')');
  if (after_name == NULL || sscanf (after_name, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
    return EPROTO;
  *is = (flags & PF_KTHREAD) != 0;
  return 0;
}

gboolean
linx_process_has_pidfd_info (void)
{
  return has_pidfd_info;
}

/* The pidfd tells all but the capabilities. */
static int
read_credentials (pid_t pid, int pidfd, LinxProcessStatus *status)
{
  struct linx_pidfd_info info = { .mask = LINX_PIDFD_INFO_CREDS };
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, (int)pid };
  struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

  if (ioctl (pidfd, LINX_PIDFD_GET_INFO, &info) < 0 || syscall (SYS_capget, &header, caps) < 0)
    return errno;
  if ((info.mask & LINX_PIDFD_INFO_CREDS) == 0)
    return EPROTO;
  status->uids[0] = info.ruid;
  status->uids[1] = info.euid;
  status->uids[2] = info.suid;
  status->uids[3] = info.fsuid;
  status->gid = info.egid;
  status->cap_eff = (guint64)caps[1].effective << 32 | caps[0].effective;
  return 0;
}

int
linx_process_status (pid_t pid, int pidfd, LinxProcessStatus *status)
{
  char buffer[16384];
  g_autofree char *path = g_strdup_printf ("%d/status", (int)pid);
  const char *uid, *gid, *caps;

  if (has_pidfd_info)
    return read_credentials (pid, pidfd, status);
  if (linx_process_read (path, buffer, sizeof buffer) < 0)
    return errno;
  uid = find_line (buffer, "Uid:");
  gid = find_line (buffer, "Gid:");
  caps = find_line (buffer, "CapEff:");
  if (uid == NULL || gid == NULL || caps == NULL)
    return EPROTO;
  if (sscanf (uid, "%u %u %u %u", &status->uids[0], &status->uids[1], &status->uids[2],
              &status->uids[3])
          != 4
      || sscanf (gid, "%*u %u", &status->gid) != 1)
    return EPROTO;
  status->cap_eff = g_ascii_strtoull (caps, NULL, 16);
  return 0;
}

guint64
linx_ns_fd_inode (int ns_fd)
{
  struct statx stx;

  if (statx (ns_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &stx) < 0)
    return 0;
  return stx.stx_ino;
}

guint64
linx_process_ns_inode (pid_t pid, const char *name)
{
  char path[64];
  struct statx stx;

  g_snprintf (path, sizeof path, "%d/ns/%s", (int)pid, name);
  if (statx (proc_fd, path, AT_STATX_DONT_SYNC, STATX_INO, &stx) < 0)
    return 0;
  return stx.stx_ino;
}

gboolean
linx_process_in_initial_userns (pid_t pid)
{
  return linx_process_ns_inode (pid, "user") == LINX_INITIAL_USERNS;
}
