/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/*
 * What a filesystem shows: proc a pid namespace, sysfs a network namespace, mqueue an ipc
 * namespace, cgroup a cgroup namespace; and nfs and its like talk through a network namespace. Made
 * from the service they would be the host's.
 */

/**
 * linx_namespaced_fs_is:
 * @fstype: a filesystem type
 *
 * Returns: whether it shows, or talks through, a namespace: none of these lives on a device
 */
gboolean linx_namespaced_fs_is (const char *fstype);

/**
 * linx_namespaced_fs_pin:
 * @request: the type, and maybe the process
 * @pins: gets the process whose namespaces are shown
 * @error: OpenNs.*; InvalidArgs where the type needs a process and none is named
 */
gboolean linx_namespaced_fs_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_namespaced_fs_pin_idmap:
 * @request: maybe a user namespace, or a process that is in it
 * @pins: gets the user namespace
 * @error: OpenNs.*
 */
gboolean linx_namespaced_fs_pin_idmap (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_namespaced_fs_open:
 * @pins: the type and the process
 * @context: (out): a filesystem context (fsopen(2)); -1, with errno set, where the kernel did not
 *   make one
 * @error: OpenPidNs.*, SetNs.*, SetNsPid.*, Fork.*
 *
 * Opens a context that shows the process's namespaces. This worker may be in them afterwards.
 */
gboolean linx_namespaced_fs_open (const LinxPins *pins, int *context, GError **error);

/**
 * linx_namespaced_fs_open_proc_in_child:
 * @pid_ns: a pid namespace
 * @context: (out): as above
 * @error: SetNsPid.*, Fork.*
 *
 * How a context for proc is made before Linux 6.17: by a child in the pid namespace.
 */
gboolean linx_namespaced_fs_open_proc_in_child (int pid_ns, int *context, GError **error);
