/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Processes, as the service's own /proc shows them: a directory held since the start, so that no
 * root or namespace that a worker enters can put another in its place.
 */

/* The descriptors below LINX_RESERVED_FDS are the service's own from start to end: 0 to 2, its
 * /proc, its pidfd, its mount and user namespaces, the workers' wakeup, an empty directory, and
 * LINX_SLOT, where a new worker finds its end of a socket that all it needs comes through. They are
 * all that a worker starts with: a whole number of the kernel's words of 64, by which it copies
 * tables (sane_fdtable_size(), fs/file.c). No message's descriptor ever lands there. */
#define LINX_SLOT 8
#define LINX_RESERVED_FDS 64

/**
 * linx_process_init:
 * @error: where the error goes
 *
 * Closes what was inherited, goes to "/", opens /proc and the service's own pidfd and fills the
 * reserved places. The first thing in main().
 */
gboolean linx_process_init (GError **error);

/** linx_process_proc_fd: the directory /proc; valid in every worker too. */
int linx_process_proc_fd (void);

/** linx_process_self_pidfd: a pidfd of the service; valid in every worker too. */
int linx_process_self_pidfd (void);

/** linx_process_self_mnt_ns: the service's own mount namespace; valid in every worker too. */
int linx_process_self_mnt_ns (void);

/** linx_process_wakeup_fd: an eventfd(2) by which a worker wakes the main loop; valid in every
 * worker.
 */
int linx_process_wakeup_fd (void);

/** linx_process_empty_root: an empty directory that is mounted nowhere; valid in every worker too.
 */
int linx_process_empty_root (void);

/** linx_process_host_mnt_ns: the inode number of PID 1's mount namespace, which it never leaves. */
guint64 linx_process_host_mnt_ns (void);

/**
 * linx_process_alive:
 * @pidfd: a pidfd
 *
 * Returns: whether its process runs; a zombie does not (pidfd_open(2): readable once it ended)
 */
gboolean linx_process_alive (int pidfd);

/**
 * linx_process_pid:
 * @pidfd: a descriptor, perhaps a caller's
 *
 * Returns: its process id in the service's pid namespace; 0 where it has none there, -1 where it
 *   ended, -2 where @pidfd is no pidfd
 */
pid_t linx_process_pid (int pidfd);

/**
 * linx_process_is_nsfs:
 * @fd: a descriptor, perhaps a caller's
 *
 * Returns: whether it is a namespace of some kind
 */
gboolean linx_process_is_nsfs (int fd);

/** linx_process_is_pidfd: the same for a pidfd; before Linux 6.9 also true of other anonymous
 * files. */
gboolean linx_process_is_pidfd (int fd);

/**
 * linx_process_read:
 * @path: a file below /proc
 * @buffer: (out): its text, with a zero byte at the end
 * @size: of @buffer: what is longer is cut off
 *
 * Returns: its length, or -1 with errno set
 */
gssize linx_process_read (const char *path, char *buffer, gsize size);

/**
 * linx_process_open:
 * @pid: a process id
 * @name: what to open below /proc/@pid, "ns/mnt" for instance
 * @flags: for open(2); O_CLOEXEC is added
 *
 * The caller checks afterwards, by linx_process_alive(), that the number was still that process's.
 *
 * Returns: (transfer full): a descriptor, or -1 with errno set
 */
int linx_process_open (pid_t pid, const char *name, int flags);

/**
 * linx_process_is_shown_by:
 * @root: a directory
 * @proc: a name in it
 *
 * Returns: whether that is a proc filesystem that shows this process by the number it has itself
 */
gboolean linx_process_is_shown_by (int root, const char *proc);

/**
 * LinxProcessStatus:
 * @uids: real, effective, saved and filesystem user id
 * @gid: effective group id
 * @cap_eff: effective capabilities, a bit each (capabilities(7))
 */
typedef struct {
  uid_t uids[4];
  gid_t gid;
  guint64 cap_eff;
} LinxProcessStatus;

/**
 * linx_process_is_kernel_thread:
 * @pid: a process id
 * @is: (out): whether it is one of the kernel's own
 *
 * Returns: 0, or an errno
 */
int linx_process_is_kernel_thread (pid_t pid, gboolean *is);

/** linx_process_open_fd_dir: once on each worker: where linx_process_fd_path() looks. %FALSE with
 * errno set where it cannot be opened. */
gboolean linx_process_open_fd_dir (void);

/**
 * linx_process_fd_path:
 * @fd: a descriptor of this thread's
 * @path: (out): the path that the kernel prints for it, with no zero byte at the end
 * @size: of @path
 *
 * Returns: the path's length, or -1 with errno set (readlink(2))
 */
gssize linx_process_fd_path (int fd, char *path, gsize size);

/**
 * linx_process_ns_inode:
 * @pid: a process id
 * @name: a kind of namespace, "mnt" for instance
 *
 * Returns: the inode number of its namespace; 0 where it cannot be read
 */
guint64 linx_process_ns_inode (pid_t pid, const char *name);

/** linx_process_has_pidfd_info: whether a pidfd tells the ids of its process (PIDFD_GET_INFO, Linux
 * 6.13). */
gboolean linx_process_has_pidfd_info (void);

/**
 * linx_process_status:
 * @pid: a process id
 * @pidfd: a pidfd of it
 * @status: (out): what /proc/@pid/status says, proc_pid_status(5)
 *
 * Returns: 0, or an errno
 */
int linx_process_status (pid_t pid, int pidfd, LinxProcessStatus *status);

/**
 * linx_process_in_initial_userns:
 * @pid: a process id
 *
 * Returns: whether it is in the initial user namespace
 */
gboolean linx_process_in_initial_userns (pid_t pid);

/**
 * linx_ns_fd_inode:
 * @ns_fd: a namespace file
 *
 * Returns: the inode number that names the namespace while it lives, as lsns(8) shows it; 0 where
 *   it cannot be read
 */
guint64 linx_ns_fd_inode (int ns_fd);

/** LINX_INITIAL_CGROUPNS: PROC_CGROUP_INIT_INO, likewise. */
#define LINX_INITIAL_CGROUPNS 0xeffffffbU

/** LINX_INITIAL_USERNS: PROC_USER_INIT_INO, include/linux/proc_ns.h: the same on every machine. */
#define LINX_INITIAL_USERNS 0xeffffffdU
