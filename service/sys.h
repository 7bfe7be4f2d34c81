/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * System calls and constants that the C library (glibc 2.36) or its kernel headers lack, and calls
 * that must work on one thread alone, where the C library would change the whole process.
 */

#include <glib.h>
#include <grp.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* statx(2): the unique 64-bit mount id, Linux 6.8 */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

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
#define LINX_LSMT_ROOT UINT64_MAX

struct linx_mnt_id_req {
  uint32_t size;
  uint32_t spare;
  uint64_t mnt_id;
  uint64_t param;
};

/* The fixed head of struct statmount; no strings are ever asked for. */
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
  uint64_t spare[50];
};

static inline int
sys_statmount (uint64_t id, uint64_t mask, struct linx_statmount *buffer)
{
  struct linx_mnt_id_req request = { .size = 24, .mnt_id = id, .param = mask };
  return (int)syscall (SYS_statmount, &request, buffer, sizeof *buffer, 0);
}

static inline ssize_t
sys_listmount (uint64_t under, uint64_t after, uint64_t *ids, size_t n)
{
  struct linx_mnt_id_req request = { .size = 24, .mnt_id = under, .param = after };
  return syscall (SYS_listmount, &request, ids, n, 0);
}

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

/* The credentials with which this thread alone looks things up: credentials(7), setfsuid(2). These
 * two never fail for a caller with CAP_SETUID and CAP_SETGID, and report the old id either way. */
static inline void
sys_setfsuid (uid_t uid)
{
  syscall (SYS_setfsuid, uid);
}

static inline void
sys_setfsgid (gid_t gid)
{
  syscall (SYS_setfsgid, gid);
}

static inline int
sys_setgroups (size_t n, const gid_t *groups)
{
  return (int)syscall (SYS_setgroups, n, groups);
}
