/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/message-fds.h"
#include "linx-options.h"
#include "request/method.h"

#include <gio/gio.h>
#include <sys/types.h>

/*
 * Requests: what a caller asked for, decoded once and never changed. Nobody else sees the GVariant.
 */

/* What is larger, of what is asked or answered, is not for the main loop to take apart. */
#define LINX_LARGE_ARGUMENTS (4 << 10)
#define LINX_LARGE_BYTES (64 << 10)

/** LinxWhereKind: the form in which a namespace was named. */
typedef enum {
  LINX_WHERE_NONE,
  LINX_WHERE_SELF,
  LINX_WHERE_HOST,
  LINX_WHERE_PATH,
  LINX_WHERE_PID,
  LINX_WHERE_FD,
} LinxWhereKind;

/**
 * LinxWhere:
 * @kind: its form
 * @path: for LINX_WHERE_PATH
 * @pid: for LINX_WHERE_PID, in the service's pid namespace: a process, or a thread of one
 * @leader: the process that it must be a thread of; 0: any
 * @fd: for LINX_WHERE_FD, a number of the service's, owned by the request's message
 *
 * The value of `in`.
 */
typedef struct {
  LinxWhereKind kind;
  char *path;
  pid_t pid;
  pid_t leader;
  int fd;
} LinxWhere;

/**
 * LinxNamed:
 * @path: an absolute path, any bytes; %NULL where a descriptor names it
 * @fd: a number of the service's, owned by the request's message; -1: none
 *
 * An object of the hierarchy, as the caller named it. Where neither is set, it was not named.
 */
typedef struct {
  char *path;
  int fd;
} LinxNamed;

/** LinxCreate: the value of `create`. */
typedef enum {
  LINX_CREATE_NOTHING,
  LINX_CREATE_FILE,
  LINX_CREATE_DIRECTORY,
} LinxCreate;

/**
 * LinxId:
 * @given: whether there is one
 * @value: the kernel's mount id
 */
typedef struct {
  gboolean given;
  guint64 value;
} LinxId;

/** LinxUmountFlags: keys of Umount alone. */
typedef struct {
  gboolean detach;
  gboolean force;
  gboolean expire;
  gboolean nofollow;
} LinxUmountFlags;

/** LinxPivotSteps: what PivotRoot does before and after. */
typedef struct {
  gboolean make_rprivate;
  gboolean bind_new_root;
  gboolean detach_old;
} LinxPivotSteps;

/**
 * LinxListKeys:
 * @fstypes: (nullable): of one of these types
 * @at: (nullable): mounted there
 * @under: (nullable): mounted there or below
 * @fields: (nullable): with these keys alone
 * @limit: so many at most; 0: all
 * @after: of a greater id
 *
 * Keys of ListMounts alone.
 */
typedef struct {
  GStrv fstypes;
  char *at;
  char *under;
  GStrv fields;
  guint limit;
  guint64 after;
} LinxListKeys;

/**
 * LinxRequest:
 * @called: the method that was called
 * @method: what to do: an operation word among the options of Mount makes it another method
 * @only_ask: answer whether it would be allowed, and do not do it (Can)
 *
 * The arguments and options of a call. A string that was not given is %NULL, a number 0. Of
 * ListMounts the filter `source` is in @source, and the filter `covering` in @target.
 */
typedef struct {
  gatomicrefcount ref;
  const LinxMethod *called;
  const LinxMethod *method;
  gboolean only_ask;

  LinxNamed source; /* of Mount and as a filter: any word; of AttachMount: the mount */
  LinxNamed target; /* of PivotRoot: the new root */
  LinxNamed put_old;
  char *fstype;
  int propagation; /* MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE */

  LinxWhere in;
  LinxWhere from;
  LinxWhere process;
  LinxWhere idmap;
  gboolean no_symlinks;
  guint timeout_ms;
  LinxOptions *options;
  LinxCreate create;
  gboolean beneath;
  gboolean exclusive;
  LinxId id;
  gboolean recursive;
  gboolean superblock;

  LinxUmountFlags umount;
  LinxPivotSteps pivot;
  LinxListKeys list;
  guint64 watch;

  LinxMessageFds *fds;
  GVariant *arguments; /* as they came */
  GHashTable *raw;     /* while it is decoded: argument name -> bytes */
} LinxRequest;

LinxRequest *linx_request_ref (LinxRequest *request);
void linx_request_unref (LinxRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxRequest, linx_request_unref)

/** linx_named_text: (transfer none): how to call @named in an error. */
const char *linx_named_text (const LinxNamed *named);
