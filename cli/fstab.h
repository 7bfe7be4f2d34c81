/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ctl.h"

/**
 * CtlFstabLine:
 * @source: what it mounts, as it is written
 * @target: where
 * @may_fail: `nofail`: that it cannot be mounted is no failure
 *
 * A line of fstab(5).
 */
typedef struct {
  char *source;
  char *target;
  gboolean may_fail;
} CtlFstabLine;

/**
 * ctl_fstab_read_all:
 * @types: (nullable): only of these types, or with "no" before it not of these, as for mount(8)
 * with -t
 * @n_mounted: (out): how many of them are mounted already
 *
 * Returns: (transfer full) (nullable) (element-type CtlFstabLine): what `mount --all` is about and
 * is not mounted yet, in the order of the file: no line that says `noauto`, and no swap; %NULL
 * where the file cannot be read
 */
GPtrArray *ctl_fstab_read_all (const char *types, guint *n_mounted);
