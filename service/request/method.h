/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A bit for each method, for tables that say which of them something belongs to. */
enum {
  LINX_VERB_MOUNT = 1 << 0,
  LINX_VERB_UMOUNT = 1 << 1,
  LINX_VERB_LIST_MOUNTS = 1 << 2,
  LINX_VERB_CAN = 1 << 3,
  LINX_VERB_SET_PROPAGATION = 1 << 4,
  LINX_VERB_MAKE_RPRIVATE = 1 << 5,
  LINX_VERB_PIVOT_ROOT = 1 << 6,
  LINX_VERB_BIND = 1 << 7,
  LINX_VERB_REMOUNT = 1 << 8,
  LINX_VERB_MOVE = 1 << 9,
  LINX_VERB_CREATE_MOUNT = 1 << 10,
  LINX_VERB_CLONE_MOUNT = 1 << 11,
  LINX_VERB_ATTACH_MOUNT = 1 << 12,
  LINX_VERB_OPEN_MOUNT_INFO = 1 << 13,
  LINX_VERB_WATCH = 1 << 14,
  LINX_VERB_UNWATCH = 1 << 15,
};
/* Those that make a filesystem, those that clone a mount, and those that put one in place. */
#define LINX_VERBS_MAKING (LINX_VERB_MOUNT | LINX_VERB_CREATE_MOUNT)
#define LINX_VERBS_CLONING (LINX_VERB_BIND | LINX_VERB_CLONE_MOUNT)
#define LINX_VERBS_PLACING (LINX_VERB_MOUNT | LINX_VERB_BIND | LINX_VERB_ATTACH_MOUNT)
#define LINX_VERBS_WITH_SOURCE                                                                     \
  (LINX_VERBS_MAKING | LINX_VERBS_CLONING | LINX_VERB_ATTACH_MOUNT | LINX_VERB_MOVE)
#define LINX_VERBS_DETACHED                                                                        \
  (LINX_VERB_CREATE_MOUNT | LINX_VERB_CLONE_MOUNT | LINX_VERB_ATTACH_MOUNT)
/* Those whose target may be a detached mount. */
#define LINX_VERBS_ON_DETACHED                                                                     \
  (LINX_VERB_BIND | LINX_VERB_REMOUNT | LINX_VERB_SET_PROPAGATION | LINX_VERB_MAKE_RPRIVATE)
#define LINX_VERBS_WITH_TARGET_FD                                                                  \
  (LINX_VERBS_PLACING | LINX_VERB_SET_PROPAGATION | LINX_VERB_MAKE_RPRIVATE | LINX_VERB_REMOUNT    \
   | LINX_VERB_MOVE)
#define LINX_VERBS_WITH_PATHS                                                                      \
  (LINX_VERBS_WITH_TARGET_FD | LINX_VERBS_MAKING | LINX_VERBS_CLONING | LINX_VERB_UMOUNT           \
   | LINX_VERB_PIVOT_ROOT)
/* Those whose effect may appear on peers of the mount that is mounted on too. */
#define LINX_VERBS_PROPAGATING                                                                     \
  (LINX_VERBS_PLACING | LINX_VERB_UMOUNT | LINX_VERB_MOVE | LINX_VERB_PIVOT_ROOT)
/* Those that read the table. */
#define LINX_VERBS_READING (LINX_VERB_LIST_MOUNTS | LINX_VERB_OPEN_MOUNT_INFO | LINX_VERB_WATCH)
#define LINX_VERBS_ALL (LINX_VERBS_WITH_PATHS | LINX_VERBS_READING)

/**
 * LinxMethod:
 * @name: its name in the interface
 * @operation: (nullable): its name in polkit: the action is "org.linx.mount1." and this; of those
 *   that read the table, list-mounts or list-mounts-other. %NULL: it asks for nothing, and cannot
 * be asked about
 * @bit: LINX_VERB_*
 *
 * A method of the interface, by its names. What it does is in verbs/verb.h.
 */
typedef struct {
  const char *name;
  const char *operation;
  guint bit;
} LinxMethod;

/**
 * linx_method_find:
 * @name: a method's name
 *
 * Returns: (transfer none) (nullable): the method
 */
const LinxMethod *linx_method_find (const char *name);

/**
 * linx_method_signature:
 * @method: a method
 *
 * Returns: (transfer full): the type of its arguments, "(sa{sv})" for instance
 */
char *linx_method_signature (const LinxMethod *method);

/** linx_methods_foreach: calls @func for each method. */
void linx_methods_foreach (void (*func) (const LinxMethod *method));

/** linx_methods_check: aborts unless the interface and the table name the same methods. */
void linx_methods_check (void);
