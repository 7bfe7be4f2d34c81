/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/statmount.h"
#include "kernel/sys.h"
#include "linx-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

/* What is asked of a mount: all that mountinfo tells. */
#define PATHS (LINX_STATMOUNT_MNT_ROOT | LINX_STATMOUNT_MNT_POINT)
#define MASK                                                                                       \
  (LINX_STATMOUNT_SB_BASIC | LINX_STATMOUNT_MNT_BASIC | LINX_STATMOUNT_PROPAGATE_FROM | PATHS      \
   | LINX_STATMOUNT_FS_TYPE | LINX_STATMOUNT_MNT_OPTS | LINX_STATMOUNT_FS_SUBTYPE                  \
   | LINX_STATMOUNT_SB_SOURCE)
/* Strings rarely take more; then it grows. */
#define FIRST_SIZE 8192
#define MAX_SIZE (2 * LINX_MAX_PATHS)
#define PAGE 1024

/* include/linux/fs.h: what statmount(2) shows of a superblock's flags */
#define SB_RDONLY 0x1U
#define SB_SYNCHRONOUS 0x10U
#define SB_DIRSYNC 0x80U
#define SB_LAZYTIME 0x2000000U

gboolean
linx_statmount_tells_all (void)
{
  g_autofree struct linx_statmount *mount = g_malloc0 (FIRST_SIZE);
  struct statx stx;

  return statx (AT_FDCWD, "/", AT_STATX_DONT_SYNC, STATX_MNT_ID_UNIQUE, &stx) == 0
         && sys_statmount_in (0, stx.stx_mnt_id, LINX_STATMOUNT_SUPPORTED_MASK, mount, FIRST_SIZE)
                == 0
         && (mount->mask & LINX_STATMOUNT_SUPPORTED_MASK) != 0
         && (mount->supported_mask & MASK) == MASK;
}

struct _LinxStatmount {
  struct linx_statmount *mount;
  gsize size;
  GString *mount_options;
  GString *super_options;
  GString *fstype;
};

LinxStatmount *
linx_statmount_new (void)
{
  LinxStatmount *statmount = g_new0 (LinxStatmount, 1);

  statmount->size = FIRST_SIZE;
  statmount->mount = g_malloc (statmount->size);
  statmount->mount_options = g_string_new (NULL);
  statmount->super_options = g_string_new (NULL);
  statmount->fstype = g_string_new (NULL);
  return statmount;
}

void
linx_statmount_free (LinxStatmount *statmount)
{
  g_free (statmount->mount);
  g_string_free (statmount->mount_options, TRUE);
  g_string_free (statmount->super_options, TRUE);
  g_string_free (statmount->fstype, TRUE);
  g_free (statmount);
}

/* The words and their order are mountinfo's: show_mnt_opts(), fs/proc_namespace.c. */
static const char *
mount_options (LinxStatmount *statmount)
{
  static const struct {
    guint64 mask, value;
    const char *word;
  } words[] = {
    { MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSUID, ",nosuid" },
    { MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV, ",nodev" },
    { MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC, ",noexec" },
    { MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME, ",noatime" },
    { MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NODIRATIME, ",nodiratime" },
    { MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME, ",relatime" },
    { MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, ",nosymfollow" },
    { MOUNT_ATTR_IDMAP, MOUNT_ATTR_IDMAP, ",idmapped" },
  };
  guint64 attr = statmount->mount->mnt_attr;
  GString *text = statmount->mount_options;

  g_string_assign (text, (attr & MOUNT_ATTR_RDONLY) != 0 ? "ro" : "rw");
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if ((attr & words[i].mask) == words[i].value)
      g_string_append (text, words[i].word);
  return text->str;
}

/* A string that was not there is empty. */
static char *
string (LinxStatmount *statmount, guint64 bit, guint32 offset)
{
  static char empty[1];

  return (statmount->mount->mask & bit) != 0 ? statmount->mount->strings + offset : empty;
}

/* show_sb_opts(), fs/proc_namespace.c. The options alone come as mountinfo has them, escaped. */
static const char *
super_options (LinxStatmount *statmount)
{
  const struct linx_statmount *mount = statmount->mount;
  const char *options
      = linx_row_unescape (string (statmount, LINX_STATMOUNT_MNT_OPTS, mount->mnt_opts));
  GString *text = statmount->super_options;

  g_string_assign (text, (mount->sb_flags & SB_RDONLY) != 0 ? "ro" : "rw");
  if ((mount->sb_flags & SB_SYNCHRONOUS) != 0)
    g_string_append (text, ",sync");
  if ((mount->sb_flags & SB_DIRSYNC) != 0)
    g_string_append (text, ",dirsync");
  if ((mount->sb_flags & SB_LAZYTIME) != 0)
    g_string_append (text, ",lazytime");
  if (options[0] != '\0') {
    g_string_append_c (text, ',');
    g_string_append (text, options);
  }
  return text->str;
}

static const char *
fstype (LinxStatmount *statmount)
{
  const struct linx_statmount *mount = statmount->mount;
  const char *type = string (statmount, LINX_STATMOUNT_FS_TYPE, mount->fs_type);

  if ((mount->mask & LINX_STATMOUNT_FS_SUBTYPE) == 0)
    return type;
  g_string_printf (statmount->fstype, "%s.%s", type,
                   string (statmount, LINX_STATMOUNT_FS_SUBTYPE, mount->fs_subtype));
  return statmount->fstype->str;
}

/* The nearest dominant group is found by this worker's root, which is not in another namespace;
 * mountinfo shows it only where it is not the master itself (show_mountinfo()). */
static guint64
propagate_from (const struct linx_statmount *mount, guint64 ns)
{
  return ns == 0 && mount->mnt_master != 0 && mount->propagate_from != mount->mnt_master
             ? mount->propagate_from
             : 0;
}

static int
ask_for (LinxStatmount *statmount, guint64 ns, guint64 id, guint64 mask)
{
  while (sys_statmount_in (ns, id, mask, statmount->mount, statmount->size) < 0) {
    if (errno != EOVERFLOW || statmount->size >= MAX_SIZE)
      return errno;
    statmount->size *= 2;
    statmount->mount = g_realloc (statmount->mount, statmount->size);
  }
  return (statmount->mount->mask & mask & LINX_STATMOUNT_MNT_POINT)
                 == (mask & LINX_STATMOUNT_MNT_POINT)
             ? 0
             : ENOENT;
}

static int
ask (LinxStatmount *statmount, guint64 ns, guint64 id)
{
  int err = ask_for (statmount, ns, id, MASK);

  return err == EOVERFLOW ? ask_for (statmount, ns, id, MASK & ~PATHS) : err;
}

static gboolean
is_too_long (const char *root, const char *mount_point)
{
  return mount_point[0] == '\0' || strlen (root) + strlen (mount_point) > LINX_MAX_PATHS;
}

int
linx_statmount_read (LinxStatmount *statmount, guint64 ns, guint64 id, LinxRow *row)
{
  int err = ask (statmount, ns, id);
  const struct linx_statmount *mount = statmount->mount;

  if (err != 0)
    return err;
  *row = (LinxRow){
    .id = mount->mnt_id,
    .parent = mount->mnt_parent_id,
    .mount_id = mount->mnt_id_old,
    .parent_id = mount->mnt_parent_id_old,
    .device = makedev (mount->sb_dev_major, mount->sb_dev_minor),
    .root = string (statmount, LINX_STATMOUNT_MNT_ROOT, mount->mnt_root),
    .mount_point = string (statmount, LINX_STATMOUNT_MNT_POINT, mount->mnt_point),
    .mount_options = mount_options (statmount),
    .shared = (mount->mnt_propagation & MS_SHARED) != 0 ? mount->mnt_peer_group : 0,
    .master = mount->mnt_master,
    .propagate_from = propagate_from (mount, ns),
    .unbindable = (mount->mnt_propagation & MS_UNBINDABLE) != 0,
    .fstype = fstype (statmount),
    .source = string (statmount, LINX_STATMOUNT_SB_SOURCE, mount->sb_source),
    .super_options = super_options (statmount),
  };
  if (is_too_long (row->root, row->mount_point))
    row->root = row->mount_point = LINX_PATH_TOO_LONG;
  return 0;
}

gboolean
linx_statmount_each (guint64 ns, guint64 after, LinxRowFunc func, gpointer data, GError **error)
{
  g_autoptr (LinxStatmount) statmount = linx_statmount_new ();
  uint64_t ids[PAGE];
  gssize n;

  do {
    n = sys_listmount (ns, after, ids, PAGE);
    if (n < 0)
      return linx_error_set (error, LINX_MOUNT_STAGE_LIST, errno, "mount ids", NULL);
    for (gssize i = 0; i < n; i++) {
      LinxRow row;
      int err = linx_statmount_read (statmount, ns, ids[i], &row);

      if (err != 0 && err != ENOENT)
        return linx_error_set (error, LINX_MOUNT_STAGE_LIST, err, "mount", NULL);
      if (err == 0 && !func (&row, data))
        return TRUE;
    }
    after = n > 0 ? ids[n - 1] : after;
  } while (n == PAGE);
  return TRUE;
}
