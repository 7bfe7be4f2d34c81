/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/features.h"
#include "kernel/mount-events.h"
#include "kernel/process.h"
#include "kernel/statmount.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

static gboolean unique_mount_id;
static gboolean statmount_rows;
static gboolean mount_events;
static gboolean pidns_option;
static gboolean overlay_layer_fds;
static gboolean detached_mounts;
static gboolean beneath;
static gboolean exclusive;
static const char *missing;

/* Each of the three is asked: a seccomp filter may take one of them away. */
static gboolean
probe_unique_mount_id (void)
{
  struct linx_statmount mount;
  struct statx stx;
  uint64_t id;

  if (statx (AT_FDCWD, "/", AT_STATX_DONT_SYNC, STATX_MNT_ID_UNIQUE, &stx) < 0
      || (stx.stx_mask & STATX_MNT_ID_UNIQUE) == 0)
    return FALSE;
  return sys_statmount (stx.stx_mnt_id, LINX_STATMOUNT_MNT_BASIC, &mount) == 0
         && sys_listmount (0, 0, &id, 1) >= 0;
}

/* Whether a namespace can be listened to, and be read without entering it. */
static gboolean
probe_mount_events (void)
{
  guint64 ns = 0, id;

  return statmount_rows && linx_mount_events_are_there ()
         && ioctl (linx_process_self_mnt_ns (), LINX_NS_GET_MNTNS_ID, &ns) == 0
         && sys_listmount (ns, 0, &id, 1) >= 0;
}

/* Whether @option of @fstype takes a descriptor. */
static gboolean
takes_fd (const char *fstype, const char *option, const char *path, int flags)
{
  int context = fsopen (fstype, FSOPEN_CLOEXEC);
  int fd = open (path, flags | O_CLOEXEC);
  gboolean does
      = context >= 0 && fd >= 0 && fsconfig (context, FSCONFIG_SET_FD, option, NULL, fd) == 0;

  if (context >= 0)
    close (context);
  if (fd >= 0)
    close (fd);
  return does;
}

static int
make_detached (void)
{
  int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
  int mount = -1;

  if (context < 0)
    return -1;
  if (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    mount = fsmount (context, FSMOUNT_CLOEXEC, 0);
  close (context);
  return mount;
}

/* Whether one of them can be cloned, and can be mounted on. */
static gboolean
probe_detached_mounts (void)
{
  int lower = make_detached ();
  int clone = lower >= 0
                  ? open_tree (lower, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)
                  : -1;
  gboolean can
      = clone >= 0
        && move_mount (clone, "", lower, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)
               == 0;

  if (clone >= 0)
    close (clone);
  if (lower >= 0)
    close (lower);
  return can;
}

/* Flags are looked at first. */
static gboolean
probe_beneath (void)
{
  unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | LINX_MOVE_MOUNT_BENEATH;

  return move_mount (-1, "", -1, "", flags) < 0 && errno == EBADF;
}

static gboolean
probe_exclusive (void)
{
  int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
  gboolean can
      = context >= 0 && fsconfig (context, LINX_FSCONFIG_CMD_CREATE_EXCL, NULL, NULL, 0) == 0;

  if (context >= 0)
    close (context);
  return can;
}

/* Nonsense that each of them refuses; but only one that is not there by ENOSYS. */
static const char *
probe_missing (void)
{
  static const struct {
    const char *name;
    long number;
  } needed[] = {
    { "open_tree", SYS_open_tree }, { "move_mount", SYS_move_mount },
    { "fsopen", SYS_fsopen },       { "fsconfig", SYS_fsconfig },
    { "fsmount", SYS_fsmount },     { "fspick", SYS_fspick },

    { "openat2", SYS_openat2 },     { "mount_setattr", SYS_mount_setattr },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++)
    if (syscall (needed[i].number, -1, NULL, -1, NULL, -1, 0) < 0 && errno == ENOSYS)
      return needed[i].name;
  return NULL;
}

void
linx_features_probe (void)
{
  missing = probe_missing ();
  overlay_layer_fds = takes_fd ("overlay", "lowerdir+", "/", O_PATH | O_DIRECTORY);
  pidns_option = takes_fd ("proc", "pidns", "/proc/self/ns/pid", O_RDONLY);
  unique_mount_id = probe_unique_mount_id ();
  statmount_rows = unique_mount_id && linx_statmount_tells_all ();
  mount_events = probe_mount_events ();
  detached_mounts = probe_detached_mounts ();
  beneath = probe_beneath ();
  exclusive = probe_exclusive ();
}

gboolean
linx_feature_unique_mount_id (void)
{
  return unique_mount_id;
}

gboolean
linx_feature_statmount (void)
{
  return statmount_rows;
}

gboolean
linx_feature_mount_events (void)
{
  return mount_events;
}

gboolean
linx_feature_pidns_option (void)
{
  return pidns_option;
}

gboolean
linx_feature_overlay_layer_fds (void)
{
  return overlay_layer_fds;
}

gboolean
linx_feature_detached_mounts (void)
{
  return detached_mounts;
}

gboolean
linx_feature_beneath (void)
{
  return beneath;
}

gboolean
linx_feature_exclusive (void)
{
  return exclusive;
}

const char *
linx_features_missing (void)
{
  return missing;
}

GStrv
linx_features_names (void)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  if (unique_mount_id)
    g_strv_builder_add (names, "unique-mount-id");
  if (statmount_rows)
    g_strv_builder_add (names, "statmount");
  if (mount_events)
    g_strv_builder_add (names, "mount-events");
  if (pidns_option)
    g_strv_builder_add (names, "pidns-option");
  if (overlay_layer_fds)
    g_strv_builder_add (names, "overlay-layer-fds");
  if (linx_process_has_pidfd_info ())
    g_strv_builder_add (names, "pidfd-info");
  if (detached_mounts)
    g_strv_builder_add (names, "detached-mounts");
  if (beneath)
    g_strv_builder_add (names, "beneath");
  if (exclusive)
    g_strv_builder_add (names, "exclusive");
  return g_strv_builder_end (names);
}
