/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "table/file-id.h"

/*
 * Namespace files (proc_pid_ns(5)): no path leads to one but by a magic link. Bound onto a file it
 * keeps its namespace when all processes have left it.
 */

/**
 * linx_ns_file_is:
 * @id: an object
 *
 * Returns: whether it is a namespace file
 */
gboolean linx_ns_file_is (const LinxFileId *id);

/**
 * linx_ns_file_match:
 * @path: a path
 * @self: what /proc/self is
 * @pid: (out): the process
 * @name: (out): the file's name below what /proc has of that
 *
 * Returns: whether @path is, as a text, /proc/PID/ns/KIND or /proc/PID/task/TID/ns/KIND of the
 *   service's pid namespace
 */
gboolean linx_ns_file_match (const char *path, pid_t self, pid_t *pid, const char **name);

/**
 * linx_ns_file_open:
 * @path: what was given, for the error
 * @pid: a process
 * @name: what linx_ns_file_match() gave
 * @error: Resolve.*
 *
 * Opens it with the credentials of this thread: ptrace(2), "Ptrace access mode checking".
 *
 * Returns: (transfer full): a descriptor, or -1
 */
int linx_ns_file_open (const char *path, pid_t pid, const char *name, GError **error);

/**
 * linx_ns_file_name:
 * @fd: a namespace file
 *
 * Returns: (transfer full): "net:[4026531840]" for instance
 */
char *linx_ns_file_name (int fd);
