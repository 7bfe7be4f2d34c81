/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "race-spots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif
#define STATMOUNT 457 /* statmount(2) */
#define LINX_STATMOUNT_MNT_BASIC 0x2

/* "away" is a symbolic link that is exchanged with the leaf beside it. */
Spot spots[N_SPOTS] = {
  { "src/dir", "leaf", SIDE_SRC, TRUE, -1 },       { "src/dir", "away", SIDE_SRC, TRUE, -1 },
  { "src/other", "leaf", SIDE_SRC, TRUE, -1 },     { "forbidden/src", "leaf", SIDE_SRC, FALSE, -1 },
  { "dst/dir", "leaf", SIDE_DST, TRUE, -1 },       { "dst/dir", "away", SIDE_DST, TRUE, -1 },
  { "dst/other", "leaf", SIDE_DST, TRUE, -1 },     { "forbidden/dst", "leaf", SIDE_DST, FALSE, -1 },
  { "dst/dir", "new", SIDE_NEW, TRUE, -1 },        { "dst/other", "new", SIDE_NEW, TRUE, -1 },
  { "forbidden/dst", "new", SIDE_NEW, FALSE, -1 },
};

static int templates[2]; /* O_PATH, on a tmpfs each: of what is forbidden, of what is allowed */
static guint64 forbidden_device;

void
die (const char *what, const char *why)
{
  fprintf (stderr, "race-loop: %s: %s\n", what, why);
  exit (1);
}

static int
check (int rc, const char *what)
{
  if (rc < 0)
    die (what, strerror (errno));
  return rc;
}

static int
make_template (const char *tree, const char *name)
{
  g_autofree char *path = g_build_filename (tree, name, NULL);
  int fd;

  check (mkdir (path, 0755), path);
  check (mount (name, path, "tmpfs", 0, NULL), path);
  fd = check (open (path, O_PATH | O_DIRECTORY | O_CLOEXEC), path);
  check (mkdirat (fd, "put-old", 0755), "put-old");
  return fd;
}

void
spots_hold (const char *tree)
{
  for (Spot *spot = spots; spot < spots + N_SPOTS; spot++) {
    g_autofree char *path = g_build_filename (tree, spot->directory, NULL);

    spot->fd = check (open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), path);
  }
}

void
spots_make_templates (const char *tree)
{
  struct stat found;

  templates[FALSE] = make_template (tree, "template-forbidden");
  templates[TRUE] = make_template (tree, "template-allowed");
  check (fstat (templates[FALSE], &found), "template");
  forbidden_device = found.st_dev;
}

gboolean
spots_is_forbidden (const char *path)
{
  struct stat found;

  check (stat (path, &found), path);
  return found.st_dev == forbidden_device;
}

/* What statmount(2) fills in begins with these (struct statmount, linux/mount.h). */
typedef struct {
  guint32 size, options;
  guint64 mask;
  guint32 device[2];
  guint64 magic;
  guint32 flags, fstype;
  guint64 id, parent;
  guint32 old_id, old_parent;
  guint64 attributes, propagation;
  guint64 more[64];
} Told;

static void
look_at_mount (State *state)
{
  const guint64 request[3] = { 24, state->mount, LINX_STATMOUNT_MNT_BASIC };
  struct {
    guint32 size, spare;
    guint64 id, param;
  } ask = { (guint32)request[0], 0, request[1], request[2] };
  Told told;

  memset (&told, 0, sizeof told);
  check ((int)syscall (STATMOUNT, &ask, &told, sizeof told, 0), "statmount");
  state->attributes = told.attributes;
  state->propagation = told.propagation;
}

void
spots_look (State *states)
{
  for (guint i = 0; i < N_SPOTS; i++) {
    struct statx found;

    memset (&states[i], 0, sizeof (State));
    if (statx (spots[i].fd, spots[i].name, AT_SYMLINK_NOFOLLOW,
               STATX_INO | STATX_MNT_ID | STATX_MNT_ID_UNIQUE, &found)
        < 0) {
      if (errno != ENOENT)
        die (spots[i].directory, strerror (errno));
      continue;
    }
    states[i].device = (guint64)found.stx_dev_major << 32 | found.stx_dev_minor;
    states[i].inode = found.stx_ino;
    states[i].mount = found.stx_mnt_id;
    look_at_mount (&states[i]);
  }
}

/* The directory there, as soon as it is one. */
static int
open_spot (const Spot *spot)
{
  int fd;

  do
    fd = openat (spot->fd, spot->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  while (fd < 0 && (errno == ENOTDIR || errno == ELOOP));
  return check (fd, spot->directory);
}

void
spots_mount (Spot *spot)
{
  int tree = check (
      open_tree (templates[spot->allowed], "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
      "open_tree");
  int place = open_spot (spot);

  check (move_mount (tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
         spot->directory);
  close (tree);
  close (place);
}

void
spots_unmount (guint64 mount)
{
  State now[N_SPOTS];

  for (int tries = 0; tries < 1000; tries++) {
    spots_look (now);
    for (guint i = 0; i < N_SPOTS; i++) {
      if (now[i].mount != mount)
        continue;
      check (fchdir (spots[i].fd), spots[i].directory);
      if (umount2 (spots[i].name, UMOUNT_NOFOLLOW | MNT_DETACH) == 0)
        return;
    }
  }
  die ("umount", "what was mounted is nowhere");
}

void
spots_remove (Spot *spot)
{
  check (unlinkat (spot->fd, spot->name, AT_REMOVEDIR), spot->directory);
}

void
spots_reset (Spot *spot)
{
  struct mount_attr plain = { .attr_clr = MOUNT_ATTR_NOEXEC, .propagation = MS_PRIVATE };
  int place = open_spot (spot);

  check (mount_setattr (place, "", AT_EMPTY_PATH, &plain, sizeof plain), spot->directory);
  close (place);
}
