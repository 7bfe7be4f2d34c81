/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"
#include "path.h"
#include "request.h"
#include "seen.h"

/*
 * Pins: what a request named, looked up once and held. What polkit approves is these, and these are
 * what the system calls work on.
 */

/* How many directories an overlay may be made of. */
#define LINX_MOST_LAYERS 64

/* Places in LinxPins.fd. The last ones are lent: by the caller's entry, and with its message. */
enum {
  LINX_PIN_NS,
  LINX_PIN_ROOT,
  LINX_PIN_PROCESS,
  LINX_PIN_FROM_NS,
  LINX_PIN_FROM_ROOT,
  LINX_PIN_FROM_PROCESS,
  LINX_PIN_TARGET,
  LINX_PIN_SOURCE,
  LINX_PIN_PUT_OLD,
  LINX_PIN_SHOWN,
  LINX_PIN_IDMAP,
  LINX_PIN_MOUNTINFO,
  /* Those up to the layers outlive the work. */
  LINX_PIN_REPLY,  /* what the reply carries */
  LINX_PIN_EVENTS, /* of Watch: see LinxMonitorParts */
  LINX_PIN_POLLER,
  LINX_PIN_WATCHED, /* a process in the namespace */
  LINX_PIN_LAYERS,
  LINX_PINS_OWNED = LINX_PIN_LAYERS + LINX_MOST_LAYERS,
  LINX_LENT_CALLER = LINX_PINS_OWNED,
  LINX_LENT_IN,
  LINX_LENT_FROM,
  LINX_LENT_TARGET,
  LINX_LENT_SOURCE,
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

/** LinxSide: the namespace to act in, and the one that a source is taken from. */
typedef enum {
  LINX_IN,
  LINX_FROM,
  LINX_N_SIDES,
} LinxSide;

/**
 * LinxNamespace:
 * @kind: whose it is; LINX_NAMESPACE_UNKNOWN: it is not open yet, or not named
 * @own: whether it is the caller's own
 * @inode: the number that lsns(8) shows
 * @owner: the uid that owns the user namespace that owns it
 * @foreign: whether that is another user namespace than the initial one: its root can undo
 *   attributes of mounts in it
 * @pid: the process it was named by; 0: by none
 * @rerooted: whether paths in it start at another root than its own, that of a process which is not
 *   the caller
 */
typedef struct {
  LinxNamespaceKind kind;
  gboolean own;
  guint64 inode;
  uid_t owner;
  gboolean foreign;
  pid_t pid;
  gboolean rerooted;
} LinxNamespace;

/** LinxSourceKind: what a source is. */
typedef enum {
  LINX_SOURCE_NONE,      /* a word that names nothing */
  LINX_SOURCE_DEVICE,    /* a block device */
  LINX_SOURCE_TAG,       /* a block device, found by its label or the like */
  LINX_SOURCE_FILE,      /* of Mount: a filesystem image; else: anything but a directory */
  LINX_SOURCE_DIRECTORY, /* a directory */
  LINX_SOURCE_FD,        /* a detached mount */
} LinxSourceKind;

/** LinxLayer: a directory that an overlay is made of: the option that names it, and its place. */
typedef struct {
  const char *option;
  LinxPlace place;
} LinxLayer;

/**
 * LinxPins:
 * @fd: the descriptors, by LINX_PIN_*; -1: none
 * @caller: who calls
 * @privileged: whether it is asked nothing (linx_caller_verify())
 * @gid: its filesystem group id
 *
 * @ns: the namespaces, by LinxSide
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
 * @fresh: whether they were looked up just now, in the same visit
 *
 * @shown_pid: the process whose namespaces a new proc, sysfs, mqueue or cgroup shows; 0: none
 *
 * @confined: whether the caller's root shows it but a part of its own namespace
 *
 * @caller_root: its root, where it reads its own namespace and is not privileged
 *
 * @watched_ns: of Watch: the namespace's id for ever; 0: this kernel has none
 * @watched_pid: a process in it, which LINX_PIN_WATCHED holds; 0: none is known
 * @seen: (nullable): its table
 * @reply_bytes: of ListMounts: what the reply takes on the bus, at most
 * @listed: (nullable) (element-type LinxSighting): of ListMounts: what the reply tells
 *
 * @idmap_inode: the number of the user namespace whose mapping the mount gets, as lsns(8) shows it
 * @idmap_owner: who owns it
 *
 * @source_kind: what the source is
 * @source: (nullable): its canonical path, or the string as given where it names nothing here
 * @source_place: where it is held
 * @source_read_only: an image that the caller may not write
 * @device_major: of a device
 * @device_minor: of a device
 * @fstype: (nullable): the type of the filesystem that is made or changed
 * @helper: whether a program makes it (/sbin/mount.TYPE, mount(8))
 * @layers: (nullable) (element-type LinxLayer): of an overlay; LINX_PIN_LAYERS and on hold them
 */
typedef struct {
  int fd[LINX_PINS_ALL];
  LinxCaller *caller;
  gboolean privileged;
  gid_t gid;

  LinxNamespace ns[LINX_N_SIDES];

  LinxPlace place;
  char *name;
  char *target;
  guint64 target_mount;
  gboolean target_is_mount;
  char *target_propagation;

  LinxPlace put_old;
  char *put_old_below;

  gboolean fresh;

  pid_t shown_pid;

  gboolean confined;
  LinxFileId caller_root;

  guint64 watched_ns;
  pid_t watched_pid;
  LinxSeen *seen;
  gsize reply_bytes;
  GArray *listed;

  guint64 idmap_inode;
  uid_t idmap_owner;

  LinxSourceKind source_kind;
  char *source;
  LinxPlace source_place;
  gboolean source_read_only;
  guint device_major;
  guint device_minor;
  char *fstype;
  gboolean helper;
  GArray *layers;
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

/**
 * linx_pins_hold_source:
 * @request: names the source: an object of the hierarchy
 * @pins: gets it
 * @error: Resolve.*
 *
 * Looks the source up, as the caller, in the namespace it is taken from, and leaves the thread in
 * the one to act in.
 */
gboolean linx_pins_hold_source (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_pins_recheck_source:
 * @pins: pins
 * @error: Resolve.ESTALE
 *
 * linx_pins_recheck_as_caller() for the source, in the namespace that this thread is in.
 */
gboolean linx_pins_recheck_source (const LinxPins *pins, GError **error);

/**
 * linx_pins_recheck_other:
 * @pins: pins
 * @place: where something is held
 * @at: which descriptor holds it, LINX_PIN_*
 * @error: Resolve.ESTALE
 */
gboolean linx_pins_recheck_other (const LinxPins *pins, const LinxPlace *place, guint at,
                                  GError **error);

/** linx_pins_path: (transfer none) (nullable): what an error is about: the target, else the source.
 */
const char *linx_pins_path (const LinxPins *pins);

/** linx_pins_crosses: whether the source is taken from another namespace than it goes to. */
gboolean linx_pins_crosses (const LinxPins *pins);

/** linx_pins_hold_any: whether any of the owned places is taken. */
gboolean linx_pins_hold_any (const LinxPins *pins);

/** linx_pins_close: closes one place. */
void linx_pins_close (LinxPins *pins, guint place);
