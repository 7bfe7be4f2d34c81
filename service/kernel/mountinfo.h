/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"

#include <stdio.h>

/*
 * mountinfo: the kernel's table as text, proc_pid_mountinfo(5). It shows what can be reached from
 * the root of the process that it was opened for.
 */

/**
 * linx_mountinfo_open_own:
 *
 * Opens this worker's own: of the namespace it is in, whole where it has not changed its root.
 *
 * Returns: (transfer full): a descriptor, or -1 with errno set
 */
int linx_mountinfo_open_own (void);

/**
 * linx_mountinfo_each:
 * @stream: an open mountinfo
 * @func: called for each line, in the kernel's order; a row's id and parent are mountinfo's own
 * @data: for @func
 *
 * Lines and tags that it does not understand are skipped: a newer kernel may write them.
 */
void linx_mountinfo_each (FILE *stream, LinxRowFunc func, gpointer data);
