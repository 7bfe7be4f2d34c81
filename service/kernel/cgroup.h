/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Control groups: what a process belongs to, in the words of systemd, which do not change when it
 * is started anew as its number does.
 */

/**
 * LinxCgroup:
 * @path: its control group, as sd_pid_get_cgroup(3) gives it
 * @unit: the unit of the system's manager that it belongs to, as sd_pid_get_unit(3) gives it; ""
 *   where it is in none. Processes that a user's manager runs belong to "user@UID.service"
 * @machine: the machine that this unit runs, as sd_pid_get_machine_name(3) gives it, or ""
 *
 * %NULL where it was not read.
 */
typedef struct {
  char *path;
  char *unit;
  char *machine;
} LinxCgroup;

/**
 * linx_cgroup_read:
 * @cgroup: (out): what @pid belongs to
 * @pid: a process
 *
 * The caller checks afterwards, by linx_process_alive(), that the number was still that process's.
 *
 * Returns: whether it could be read: a rule must not take who is too deep in a group of its own for
 *   somebody in none
 */
gboolean linx_cgroup_read (LinxCgroup *cgroup, pid_t pid);

void linx_cgroup_clear (LinxCgroup *cgroup);

/**
 * linx_cgroup_path_of:
 * @text: /proc/PID/cgroup (cgroups(7))
 *
 * Returns: (transfer full): the path in systemd's own hierarchy or, where there is none, the
 *   unified one; "" where there is neither
 */
char *linx_cgroup_path_of (const char *text);

/**
 * linx_cgroup_unit_of:
 * @path: a control group
 *
 * Returns: (transfer full): the unit whose it is, or ""
 */
char *linx_cgroup_unit_of (const char *path);
