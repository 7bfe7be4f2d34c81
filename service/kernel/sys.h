/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * System calls and constants that the C library (glibc 2.36) or its kernel headers lack, and calls
 * that must work on one thread alone, where the C library would change the whole process.
 */

#include <fcntl.h>
#include <glib.h>
#include <grp.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* statx(2): the unique 64-bit mount id, Linux 6.8 */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

/* move_mount(2): Linux 6.5; fsconfig(2): Linux 6.6; include/uapi/linux/mount.h */
#define LINX_MOVE_MOUNT_BENEATH 0x00000200U
#define LINX_FSCONFIG_CMD_CREATE_EXCL 8

/* close_range(2), linux/close_range.h: Linux 5.9 */
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/* statmount(2) and listmount(2): Linux 6.8, include/uapi/linux/mount.h */
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif

#define LINX_STATMOUNT_SB_BASIC 0x1U
#define LINX_STATMOUNT_MNT_BASIC 0x2U
#define LINX_STATMOUNT_PROPAGATE_FROM 0x4U
#define LINX_STATMOUNT_MNT_ROOT 0x8U
#define LINX_STATMOUNT_MNT_POINT 0x10U
#define LINX_STATMOUNT_FS_TYPE 0x20U
#define LINX_STATMOUNT_MNT_OPTS 0x80U
#define LINX_STATMOUNT_FS_SUBTYPE 0x100U
#define LINX_STATMOUNT_SB_SOURCE 0x200U
#define LINX_STATMOUNT_SUPPORTED_MASK 0x1000U
#define LINX_LSMT_ROOT UINT64_MAX

/* mnt_ns_id: Linux 6.11; 0: the caller's own */
struct linx_mnt_id_req {
  uint32_t size;
  uint32_t spare;
  uint64_t mnt_id;
  uint64_t param;
  uint64_t mnt_ns_id;
};

/* Strings are offsets into what follows it. */
struct linx_statmount {
  uint32_t size;
  uint32_t mnt_opts;
  uint64_t mask;
  uint32_t sb_dev_major;
  uint32_t sb_dev_minor;
  uint64_t sb_magic;
  uint32_t sb_flags;
  uint32_t fs_type;
  uint64_t mnt_id;
  uint64_t mnt_parent_id;
  uint32_t mnt_id_old;
  uint32_t mnt_parent_id_old;
  uint64_t mnt_attr;
  uint64_t mnt_propagation;
  uint64_t mnt_peer_group;
  uint64_t mnt_master;
  uint64_t propagate_from;
  uint32_t mnt_root;
  uint32_t mnt_point;
  uint64_t mnt_ns_id;
  uint32_t fs_subtype;
  uint32_t sb_source;
  uint32_t opt_num;
  uint32_t opt_array;
  uint32_t opt_sec_num;
  uint32_t opt_sec_array;
  uint64_t supported_mask;
  uint64_t spare[45];
  char strings[];
};

static inline uint32_t
sys_mnt_id_req_size (uint64_t ns)
{
  return ns == 0 ? offsetof (struct linx_mnt_id_req, mnt_ns_id) : sizeof (struct linx_mnt_id_req);
}

/* In the mount namespace of that id; 0: this thread's. */
static inline int
sys_statmount_in (uint64_t ns, uint64_t id, uint64_t mask, struct linx_statmount *buffer,
                  size_t size)
{
  struct linx_mnt_id_req request
      = { .size = sys_mnt_id_req_size (ns), .mnt_id = id, .param = mask, .mnt_ns_id = ns };
  return (int)syscall (SYS_statmount, &request, buffer, size, 0);
}

static inline int
sys_statmount (uint64_t id, uint64_t mask, struct linx_statmount *buffer)
{
  return sys_statmount_in (0, id, mask, buffer, sizeof *buffer);
}

static inline ssize_t
sys_listmount_below (uint64_t ns, uint64_t top, uint64_t after, uint64_t *ids, size_t n)
{
  struct linx_mnt_id_req request
      = { .size = sys_mnt_id_req_size (ns), .mnt_id = top, .param = after, .mnt_ns_id = ns };
  return syscall (SYS_listmount, &request, ids, n, 0);
}

static inline ssize_t
sys_listmount (uint64_t ns, uint64_t after, uint64_t *ids, size_t n)
{
  return sys_listmount_below (ns, LINX_LSMT_ROOT, after, ids, n);
}

/* NS_GET_MNTNS_ID, linux/nsfs.h: the id that a mount namespace has for ever. Linux 6.11 */
#define LINX_NS_GET_MNTNS_ID _IOR (0xb7, 0x5, uint64_t)

/* fanotify(7) of a mount namespace: Linux 6.15, include/uapi/linux/fanotify.h */
#define LINX_FAN_REPORT_MNT 0x00004000U
#define LINX_FAN_MARK_MNTNS 0x00000110U
#define LINX_FAN_MNT_ATTACH 0x01000000U
#define LINX_FAN_MNT_DETACH 0x02000000U
#define LINX_FAN_EVENT_INFO_TYPE_MNT 7

struct linx_fanotify_info_mnt {
  uint8_t type;
  uint8_t pad;
  uint16_t len;
  uint32_t padding;
  uint64_t mnt_id;
};

/* pidfd_open(2) of a thread: Linux 6.9, include/uapi/linux/pidfd.h */
#define LINX_PIDFD_THREAD O_EXCL

/* ioctl_pidfd(2): Linux 6.13, include/uapi/linux/pidfd.h */
struct linx_pidfd_info {
  uint64_t mask;
  uint64_t cgroupid;
  uint32_t pid, tgid, ppid;
  uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  uint32_t spare;
};
#define LINX_PIDFD_INFO_CREDS 2U
#define LINX_PIDFD_GET_INFO _IOWR (0xff, 11, struct linx_pidfd_info)

static inline int
sys_openat2 (int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
  struct open_how how = { .flags = flags, .resolve = resolve };
  return (int)syscall (SYS_openat2, dirfd, path, &how, sizeof how);
}

static inline int
sys_faccessat2 (int dirfd, const char *path, int mode, int flags)
{
  return (int)syscall (SYS_faccessat2, dirfd, path, mode, flags);
}

/* The credentials of this thread alone, of which the C library makes the whole process's: -1 leaves
 * the real and the saved id (setresuid(2)). */
static inline int
sys_seteuid (uid_t uid)
{
  return (int)syscall (SYS_setresuid, (uid_t)-1, uid, (uid_t)-1);
}

static inline int
sys_setegid (gid_t gid)
{
  return (int)syscall (SYS_setresgid, (gid_t)-1, gid, (gid_t)-1);
}

static inline uid_t
sys_geteuid (void)
{
  return (uid_t)syscall (SYS_geteuid);
}

static inline gid_t
sys_getegid (void)
{
  return (gid_t)syscall (SYS_getegid);
}

static inline int
sys_setgroups (size_t n, const gid_t *groups)
{
  return (int)syscall (SYS_setgroups, n, groups);
}
