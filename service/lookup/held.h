/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/caller.h"
#include "kernel/cgroup.h"
#include "lookup/path.h"
#include "watch/table-snapshot.h"
#include "worker/credentials.h"

/*
 * What a request names, looked up once and held: each with descriptors of its own; -1: none. A
 * @given_fd came with the message, and is lent.
 */

/* What errors call what no path leads to. */
#define LINX_DETACHED "detached mount"

/* How many directories an overlay may be made of: 500 of them lower ones (OVL_MAX_STACK,
 * fs/overlayfs/params.h). */
#define LINX_MAX_LAYERS 502

/**
 * LinxSender:
 * @caller: who calls
 * @pidfd: its process; lent by its entry
 * @privileged: whether it is asked nothing (linx_caller_verify())
 * @credentials: what it looks things up with
 * @verified: whether it is who it seems; until then an error is about itself
 * @mnt_ns: the number of its own mount namespace
 * @in_host: whether that is the host's
 * @in_initial_userns: whether it is in the initial user namespace
 * @sees_as_service: whether its mount namespace, root and pid namespace are the service's
 * @cgroup: where it runs; not read for one that is asked nothing
 */
typedef struct {
  LinxCaller *caller;
  int pidfd;
  gboolean privileged;
  LinxCredentials credentials;
  gboolean verified;
  guint64 mnt_ns;
  gboolean in_host;
  gboolean in_initial_userns;
  gboolean sees_as_service;
  LinxCgroup cgroup;
} LinxSender;

/** LinxNamespaceKind: whose a namespace is, in the order in which that is decided. */
typedef enum {
  LINX_NAMESPACE_UNKNOWN,
  LINX_NAMESPACE_HOST,
  LINX_NAMESPACE_SELF,
  LINX_NAMESPACE_OTHER,
} LinxNamespaceKind;

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
 * @fd: the namespace
 * @root: the root of what named it
 * @process: a pidfd of the process that named it
 * @given_fd: what the caller named it by
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
  int fd;
  int root;
  int process;
  int given_fd;
} LinxNamespace;

/**
 * LinxTarget:
 * @fd: the target, or with @name the directory that holds it
 * @given_fd: what the caller named it by
 * @place: what @fd is open on
 * @name: (nullable): its last component, where the target itself must not be held (Umount) or does
 *   not exist yet (create)
 * @path: (nullable): its canonical path, from the root of the namespace
 * @mount: id of the mount that it is on
 * @is_mount: whether it is the root of that mount
 * @is_detached: whether it is a detached mount: no path leads to it, @place has none, and @path is
 *   what to call it in an error
 * @propagation: (nullable): how its mount propagates
 */
typedef struct {
  int fd;
  int given_fd;
  LinxPlace place;
  char *name;
  char *path;
  guint64 mount;
  gboolean is_mount;
  gboolean is_detached;
  char *propagation;
} LinxTarget;

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

/**
 * LinxSource:
 * @fd: the source
 * @given_fd: what the caller named it by
 * @kind: what it is
 * @path: (nullable): its canonical path, or the string as given where it names nothing here; of a
 *   detached mount what to call it in an error, of a namespace file "net:[NUMBER]"
 * @place: where it is held
 * @read_only: an image that the caller may not write
 * @loop_shared: whether the image has a loop device already, which is shared
 * @major: of a device
 * @minor: of a device
 */
typedef struct {
  int fd;
  int given_fd;
  LinxSourceKind kind;
  char *path;
  LinxPlace place;
  gboolean read_only;
  gboolean loop_shared;
  guint major;
  guint minor;
} LinxSource;

/** LinxLayer: a directory that an overlay is made of: the option that names it, and its place. */
typedef struct {
  int fd;
  const char *option;
  LinxPlace place;
} LinxLayer;

/**
 * LinxFilesystem:
 * @type: (nullable): the type of the filesystem that is made or changed
 * @by_helper: whether a program makes it (/sbin/mount.TYPE, mount(8))
 * @layers: (nullable) (element-type LinxLayer): of an overlay
 * @layers_start_us: when their look-up began, of the CPU time of its thread
 * @layers_taken: how many of the layers that may be held it has taken (quota/layer-quota.h)
 */
typedef struct {
  char *type;
  gboolean by_helper;
  GArray *layers;
  gint64 layers_start_us;
  guint layers_taken;
} LinxFilesystem;

/**
 * LinxFsProcess:
 * @fd: a pidfd
 * @given_fd: what the caller named it by
 * @pid: the process whose namespaces a new proc, sysfs, mqueue or cgroup shows; 0: none
 * @cgroup: where it runs; not read for a caller who is asked nothing
 * @in_initial_cgroupns: whether a new cgroup filesystem is of the initial cgroup namespace
 */
typedef struct {
  int fd;
  int given_fd;
  pid_t pid;
  LinxCgroup cgroup;
  gboolean in_initial_cgroupns;
} LinxFsProcess;

/**
 * LinxIdmap:
 * @fd: the user namespace whose mapping the mount gets
 * @given_fd: what the caller named it by
 * @inode: its number, as lsns(8) shows it
 * @owner: who owns it
 */
typedef struct {
  int fd;
  int given_fd;
  guint64 inode;
  uid_t owner;
} LinxIdmap;

/**
 * LinxPutOld:
 * @fd: where PivotRoot puts the old root
 * @given_fd: what the caller named it by
 * @place: what that is; its path is %NULL where the old root is stacked
 * @below: (nullable): its path from the new root, where it is below it
 */
typedef struct {
  int fd;
  int given_fd;
  LinxPlace place;
  char *below;
} LinxPutOld;

/**
 * LinxPeerPlaces:
 * @word: "host" where it appears in the host too, by propagation (mount/peers.h), "other" where the
 *   mount that decides is shared without that, "" else
 * @host_places: (nullable) (element-type utf8): where in the host, in order
 * @host_was_read: whether the host's table was looked into for that
 */
typedef struct {
  const char *word;
  GPtrArray *host_places;
  gboolean host_was_read;
} LinxPeerPlaces;

/**
 * LinxListing:
 * @mountinfo: of a table that is read by it
 * @is_confined: whether the caller's root shows it but a part of its own namespace
 * @root: that root, where it reads its own namespace and is not privileged
 * @reply_bytes: what the reply takes on the bus, at most
 * @told: (nullable) (element-type LinxSnapshotEntry): what the reply tells
 */
typedef struct {
  int mountinfo;
  gboolean is_confined;
  LinxFileId root;
  gsize reply_bytes;
  GArray *told;
} LinxListing;

/**
 * LinxWatched:
 * @events: what tells of mounts; see LinxMonitorParts, as for the next two. All outlive the job
 * @poller: a mountinfo to poll
 * @process: a process in the namespace
 * @ns: the namespace's id for ever; 0: this kernel has none
 * @pid: the process that @process is; 0: none is known
 * @snapshot: (nullable): its table
 */
typedef struct {
  int events;
  int poller;
  int process;
  guint64 ns;
  pid_t pid;
  LinxTableSnapshot *snapshot;
} LinxWatched;
