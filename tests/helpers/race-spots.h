/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Spots: the places of a tree that a race is about, in directories that are held: no path is looked
 * up again, whatever is exchanged.
 */

/** Side: the part of the tree in which a spot is. */
typedef enum {
  SIDE_SRC,
  SIDE_DST,
  SIDE_NEW,
} Side;

/**
 * Spot:
 * @directory: of the tree
 * @name: in it
 * @side: its part of the tree
 * @allowed: a name that the caller gives leads to it without a symbolic link, now or after an
 * exchange
 */
typedef struct {
  const char *directory;
  const char *name;
  Side side;
  gboolean allowed;
  int fd;
} Spot;

#define N_SPOTS 11

/** What may be the source of nothing: the leaf of forbidden/src. */
#define FORBIDDEN_SOURCE 3

/**
 * State:
 * @device: of its filesystem
 * @inode: 0: nothing has the name
 * @mount: the id of the mount that it is on
 * @attributes: of that mount
 * @propagation: of that mount
 */
typedef struct {
  guint64 device;
  guint64 inode;
  guint64 mount;
  guint64 attributes;
  guint64 propagation;
} State;

extern Spot spots[N_SPOTS];

/** spots_hold: opens the directories below @tree, where nobody exchanges anything yet. */
void spots_hold (const char *tree);

/** spots_make_templates: makes what spots_mount() mounts. */
void spots_make_templates (const char *tree);

/** spots_look: (array fixed-size=11): what is there now. */
void spots_look (State *states);

/** spots_mount: mounts a tmpfs there, one for what is allowed and one for what is not. */
void spots_mount (Spot *spot);

/** spots_unmount: that mount, wherever it is by now: a racer that began before it was mounted may
 * move what it is mounted on. */
void spots_unmount (guint64 mount);

/** spots_remove: the directory there. */
void spots_remove (Spot *spot);

/** spots_reset: the mount there is executable and private again. */
void spots_reset (Spot *spot);

/** spots_is_forbidden: whether @path, a root of a process, is what is mounted where nothing may go.
 */
gboolean spots_is_forbidden (const char *path);

void die (const char *what, const char *why) G_GNUC_NORETURN;
