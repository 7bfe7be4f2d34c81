/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pins.h"
#include "request.h"
#include "worker.h"

#include <gio/gio.h>

/* A bit for each verb, for tables that say which verbs something belongs to. */
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
 * LinxVerb:
 * @method: its name in the interface
 * @operation: its name in polkit: the action is "org.linx.mount1." and this; of those that read the
 *   table, list-mounts or list-mounts-other
 * @bit: LINX_VERB_*
 * @decode: takes its arguments into the request, after the option dictionary
 * @pin: looks up what it names, in the namespace; %NULL where the namespace is all
 * @perform: does it, in the namespace; returns (transfer full) the reply's value. %NULL: a
 *   method that does nothing in a namespace
 * @settle: (nullable): in the main loop, with the @pins of what was performed, or %NULL, and the
 *   @value that came of it, or %NULL: does what outlives the call; returns (transfer
 *   floating) (nullable) the reply's value, which may be @value
 *
 * @container_message: (nullable): a message id of the gettext domain "linx-mount": what a prompt
 * says where the target's root can undo the attributes; %NULL: as always
 *
 * A row of the table that is the service: what differs between two methods, and nothing else.
 */
struct _LinxVerb {
  const char *method;
  const char *operation;
  guint bit;
  gboolean (*decode) (LinxRequest *request, GVariant *arguments, GError **error);
  gboolean (*pin) (const LinxRequest *request, LinxPins *pins, GError **error);
  GVariant *(*perform) (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                        GError **error);
  GVariant *(*settle) (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                       LinxPins *pins, GVariant *value, GError **error);
  const char *container_message;
};

/**
 * linx_verb_find:
 * @method: a method's name
 *
 * Returns: (transfer none) (nullable): its row
 */
const LinxVerb *linx_verb_find (const char *method);

/**
 * linx_verb_signature:
 * @verb: a verb
 *
 * Returns: (transfer full): the type of its arguments, "(sa{sv})" for instance
 */
char *linx_verb_signature (const LinxVerb *verb);

/** linx_verbs_check: aborts unless the interface and the table name the same methods. */
void linx_verbs_check (void);
