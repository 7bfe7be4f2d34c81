/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"
#include "kernel/cgroup.h"
#include "lookup/path.h"
#include "quota/memory.h"
#include "request/request.h"
#include "watch/table-snapshot.h"
#include "worker/credentials.h"

/*
 * Pins: what a request named, looked up once and held. What polkit approves is these, and these are
 * what the system calls work on.
 */

/* What errors call what no path leads to. */
#define LINX_DETACHED "detached mount"

/* How many directories an overlay may be made of: 500 of them lower ones (OVL_MAX_STACK,
 * fs/overlayfs/params.h). */
#define LINX_MAX_LAYERS 502

/* Places in LinxPins.fd. The first ones are there for calls that may have layers alone. The last
 * ones are lent: by the caller's entry, and with its message. */
enum {
  LINX_PIN_LAYERS,
  LINX_PIN_NS = LINX_MAX_LAYERS,
  LINX_PIN_ROOT,
  LINX_PIN_PROCESS,
  LINX_PIN_FROM_NS,
  LINX_PIN_FROM_ROOT,
  LINX_PIN_FROM_PROCESS,
  LINX_PIN_TARGET,
  LINX_PIN_SOURCE,
  LINX_PIN_PUT_OLD,
  LINX_PIN_FS_PROCESS,
  LINX_PIN_IDMAP,
  LINX_PIN_MOUNTINFO,
  /* These outlive the work. */
  LINX_PIN_REPLY,  /* what the reply carries */
  LINX_PIN_EVENTS, /* of Watch: see LinxMonitorParts */
  LINX_PIN_POLLER,
  LINX_PIN_WATCHED, /* a process in the namespace */
  LINX_PINS_OWNED,
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
 * @in_other_userns: whether that is another user namespace than the initial one: its root can undo
 *   attributes of mounts in it
 * @pid: the process it was named by; 0: by none
 * @seen_by_caller: whether what is looked up in it the caller sees without the service: it is the
 *   caller's own, and paths start at the caller's own root
 * @cgroup: where the process runs; not read for a caller who is asked nothing
 */
typedef struct {
  LinxNamespaceKind kind;
  gboolean own;
  guint64 inode;
  uid_t owner;
  gboolean in_other_userns;
  pid_t pid;
  gboolean seen_by_caller;
  LinxCgroup cgroup;
} LinxNamespace;

/** LinxSourceKind: what a source is. */
typedef enum {
  LINX_SOURCE_NONE,      /* a word that names nothing */
  LINX_SOURCE_DEVICE,    /* a block device */
  LINX_SOURCE_TAG,       /* a block device, found by its label or the like */
  LINX_SOURCE_FILE,      /* of Mount: a filesystem image; else: anything but a directory */
  LINX_SOURCE_DIRECTORY, /* a directory */
  LINX_SOURCE_FD,        /* a detached mount */
  LINX_SOURCE_NAMESPACE, /* of Bind: a namespace file */
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
 * @credentials: what it looks things up with
 * @verified: whether it is who it seems; until then an error is about itself
 * @caller_ns: the number of its own mount namespace
 * @caller_in_host: whether that is the host's
 * @caller_in_initial_userns: whether it is in the initial user namespace
 * @caller_sees_as_service: whether its mount namespace, root and pid namespace are the service's
 * @caller_cgroup: where it runs; not read for a caller who is asked nothing
 *
 * @memory: what the call holds of mount tables
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
 * @target_detached: whether it is a detached mount: no path leads to it, @place has none, and
 *   @target is what to call it in an error
 *
 * @propagates: "host" where it appears in the host too, by propagation (mount/peers.h), "other"
 * where the mount that decides is shared without that, "" else
 * @host_places: (nullable) (element-type utf8): where in the host, in order
 *
 * @host_was_read: whether the host's table was looked into for that
 *
 * @put_old: of PivotRoot: where the old root goes; its path is %NULL where it is stacked
 * @put_old_below: (nullable): its path from the new root, where it is below it
 *
 * @fresh: whether they were looked up just now, in the same job
 *
 * @process_pid: the process whose namespaces a new proc, sysfs, mqueue or cgroup shows; 0: none
 * @process_cgroup: where it runs, as above
 * @shows_initial_cgroup: whether a new cgroup filesystem is of the initial cgroup namespace
 *
 * @confined: whether the caller's root shows it but a part of its own namespace
 *
 * @caller_root: its root, where it reads its own namespace and is not privileged
 *
 * @watched_ns: of Watch: the namespace's id for ever; 0: this kernel has none
 * @watched_pid: a process in it, which LINX_PIN_WATCHED holds; 0: none is known
 * @seen: (nullable): its table
 * @reply_bytes: of ListMounts: what the reply takes on the bus, at most
 * @listed: (nullable) (element-type LinxSnapshotEntry): of ListMounts: what the reply tells
 *
 * @idmap_inode: the number of the user namespace whose mapping the mount gets, as lsns(8) shows it
 * @idmap_owner: who owns it
 *
 * @source_kind: what the source is
 * @source: (nullable): its canonical path, or the string as given where it names nothing here; of a
 *   detached mount what to call it in an error, of a namespace file "net:[NUMBER]"
 * @source_place: where it is held
 * @source_read_only: an image that the caller may not write
 * @loop_shared: whether the image has a loop device already, which is shared
 * @device_major: of a device
 * @device_minor: of a device
 * @fstype: (nullable): the type of the filesystem that is made or changed
 * @helper: whether a program makes it (/sbin/mount.TYPE, mount(8))
 * @layers: (nullable) (element-type LinxLayer): of an overlay; LINX_PIN_LAYERS and on hold them
 * @layers_taken: how many of the layers that may be held it has taken (quota/layer-quota.h)
 */
typedef struct {
  int fd[LINX_PINS_ALL];
  LinxCaller *caller;
  gboolean privileged;
  LinxCredentials credentials;
  gboolean verified;
  guint64 caller_ns;
  gboolean caller_in_host;
  gboolean caller_in_initial_userns;
  gboolean caller_sees_as_service;
  LinxCgroup caller_cgroup;

  LinxMemory memory;

  LinxNamespace ns[LINX_N_SIDES];

  LinxPlace place;
  char *name;
  char *target;
  guint64 target_mount;
  gboolean target_is_mount;
  gboolean target_detached;
  char *target_propagation;

  const char *propagates;
  GPtrArray *host_places;
  gboolean host_was_read;

  LinxPlace put_old;
  char *put_old_below;

  gboolean fresh;

  pid_t process_pid;
  LinxCgroup process_cgroup;
  gboolean shows_initial_cgroup;

  gboolean confined;
  LinxFileId caller_root;

  guint64 watched_ns;
  pid_t watched_pid;
  LinxTableSnapshot *seen;
  gsize reply_bytes;
  GArray *listed;

  guint64 idmap_inode;
  uid_t idmap_owner;

  LinxSourceKind source_kind;
  char *source;
  LinxPlace source_place;
  gboolean source_read_only;
  gboolean loop_shared;
  guint device_major;
  guint device_minor;
  char *fstype;
  gboolean helper;
  GArray *layers;
  guint layers_taken;
} LinxPins;

/**
 * linx_pins_new:
 * @caller: who calls
 * @request: what it asks for; descriptors it lent are put at their places
 *
 * Returns: (transfer full): pins with nothing looked up yet
 */
LinxPins *linx_pins_new (LinxCaller *caller, const LinxRequest *request);

/** linx_pins_first: the first place in @pins->fd that a call for @request may use. */
guint linx_pins_first (const LinxPins *pins, const LinxRequest *request);

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
 * linx_pins_is_detached:
 * @id: an object that a descriptor leads to
 *
 * Returns: whether it is the root of a mount that is in no table, as far as can be told: one that
 * is in another namespace looks the same, and is what the kernel refuses
 */
gboolean linx_pins_is_detached (const LinxFileId *id);

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
 * @flags: #LinxPathFlags beside those of the request
 * @error: Resolve.*
 *
 * Looks the source up, as the caller, in the namespace it is taken from, and leaves the thread in
 * the one to act in.
 */
gboolean linx_pins_hold_source (const LinxRequest *request, LinxPins *pins, guint flags,
                                GError **error);

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

/** linx_pins_path_flags: LinxPathFlags for the paths of @request. */
guint linx_pins_path_flags (const LinxRequest *request);

/** linx_pins_path: (transfer none) (nullable): what an error is about: the target, else the source.
 */
const char *linx_pins_path (const LinxPins *pins);

/** linx_pins_crosses: whether the source is taken from another namespace than it goes to. */
gboolean linx_pins_crosses (const LinxPins *pins);

/** linx_pins_hold_any: whether any of the owned places is taken. */
gboolean linx_pins_hold_any (const LinxPins *pins);

/** linx_pins_close_all: closes the layers, and the other places before @end. */
void linx_pins_close_all (LinxPins *pins, guint end);

/** linx_pins_close: closes one place. */
void linx_pins_close (LinxPins *pins, guint place);
