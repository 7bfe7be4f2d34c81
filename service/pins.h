/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"
#include "path.h"
#include "request.h"

/*
 * Pins: what a request named, looked up once and held. What polkit approves is these, and these are
 * what the system calls work on.
 */

/* Places in LinxPins.fd. The last ones are lent: by the caller's entry, and with its message. */
enum {
  LINX_PIN_NS,
  LINX_PIN_ROOT,
  LINX_PIN_PROCESS,
  LINX_PIN_TARGET,
  LINX_PIN_PUT_OLD,
  LINX_PIN_SHOWN,
  LINX_PIN_IDMAP,
  LINX_PIN_MOUNTINFO,
  LINX_PINS_OWNED,
  LINX_LENT_CALLER = LINX_PINS_OWNED,
  LINX_LENT_IN,
  LINX_LENT_TARGET,
  LINX_LENT_PUT_OLD,
  LINX_LENT_PROCESS,
  LINX_LENT_IDMAP,
  LINX_PINS_ALL,
};

/** LinxNamespaceKind: whose a namespace is, in the order in which that is decided. */
typedef enum {
  LINX_NAMESPACE_UNKNOWN,
  LINX_NAMESPACE_HOST,
  LINX_NAMESPACE_SELF,
  LINX_NAMESPACE_OTHER,
} LinxNamespaceKind;

/** LinxSourceKind: what a source is. */
typedef enum {
  LINX_SOURCE_NONE,
  LINX_SOURCE_DEVICE,
} LinxSourceKind;

/**
 * LinxPins:
 * @fd: the descriptors, by LINX_PIN_*; -1: none
 * @caller: who calls
 * @privileged: whether it is asked nothing (linx_caller_verify())
 * @gid: its filesystem group id
 *
 * @kind: whose the namespace is; LINX_NAMESPACE_UNKNOWN: it is not open yet
 * @own: whether it is the caller's own
 * @ns_inode: the number that lsns(8) shows
 * @ns_owner: the uid that owns the user namespace that owns it
 * @ns_foreign: whether that is another user namespace than the initial one: its root can undo
 *   attributes of mounts in it
 * @pid: the process it was named by; 0: by none
 *
 * @place: the target, or with @name the directory that holds it
 * @name: (nullable): its last component, where the target itself must not be held (Umount) or does
 *   not exist yet (create)
 * @target: (nullable): the target's canonical path, from the root of the namespace
 * @target_mount: id of the mount that the target is on
 * @target_is_mount: whether it is the root of that mount
 * @target_propagation: (nullable): how that mount propagates
 *
 * @put_old: of PivotRoot: where the old root goes; its path is %NULL where it is stacked
 * @put_old_below: (nullable): its path from the new root, where it is below it
 *
 * @shown_pid: the process whose namespaces a new proc, sysfs, mqueue or cgroup shows; 0: none
 *
 * @source_kind: what the source is
 * @source: (nullable): its canonical path, or the string as given where it names nothing here
 * @device_major: of a device
 * @device_minor: of a device
 */
typedef struct {
  int fd[LINX_PINS_ALL];
  LinxCaller *caller;
  gboolean privileged;
  gid_t gid;

  LinxNamespaceKind kind;
  gboolean own;
  guint64 ns_inode;
  uid_t ns_owner;
  gboolean ns_foreign;
  pid_t pid;

  LinxPlace place;
  char *name;
  char *target;
  guint64 target_mount;
  gboolean target_is_mount;
  char *target_propagation;

  LinxPlace put_old;
  char *put_old_below;

  pid_t shown_pid;

  LinxSourceKind source_kind;
  char *source;
  guint device_major;
  guint device_minor;
} LinxPins;

/**
 * linx_pins_new:
 * @caller: who calls
 * @request: what it asks for; descriptors it lent are put at their places
 *
 * Returns: (transfer full): pins with nothing looked up yet
 */
LinxPins *linx_pins_new (LinxCaller *caller, const LinxRequest *request);

void linx_pins_free (LinxPins *pins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxPins, linx_pins_free)

/**
 * linx_pins_hold_target:
 * @request: names the target
 * @pins: gets it
 * @error: Resolve.*
 *
 * Looks the target up, as the caller, in the root of the process that named the namespace. With
 * `create` and a missing last component, its directory is held and @pins->name set.
 */
gboolean linx_pins_hold_target (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_pins_recheck:
 * @pins: pins
 * @error: Resolve.ESTALE
 *
 * For perform, before the first commit: whether the place still is what was approved.
 */
gboolean linx_pins_recheck (const LinxPins *pins, GError **error);

/**
 * linx_pins_hold_put_old:
 * @request: names put_old, or does not
 * @pins: gets it
 * @error: Resolve.*
 */
gboolean linx_pins_hold_put_old (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_pins_recheck_as_caller:
 * @pins: pins
 * @error: Resolve.ESTALE
 *
 * linx_pins_recheck() with the caller's eyes.
 */
gboolean linx_pins_recheck_as_caller (const LinxPins *pins, GError **error);

/** linx_pins_close: closes one place. */
void linx_pins_close (LinxPins *pins, guint place);
