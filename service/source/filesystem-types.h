/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Filesystem types: what the kernel knows of them.
 */

/** LinxTypeNeed: whether a type lives on a block device (proc_filesystems(5)). */
typedef enum {
  LINX_TYPE_UNKNOWN, /* not known to this kernel yet: its module may be loaded by fsopen(2) */
  LINX_TYPE_DEVICE,
  LINX_TYPE_NO_DEVICE,
} LinxTypeNeed;

/** linx_filesystem_types_init: learns the kernel's types. Called once, after linx_process_init().
 */
void linx_filesystem_types_init (void);

/**
 * linx_filesystem_type_need:
 * @fstype: a filesystem type
 *
 * Returns: what this kernel says of it now
 */
LinxTypeNeed linx_filesystem_type_need (const char *fstype);

/** linx_filesystem_type_is_internal: whether it is the kernel's own: mount(2) refuses it
 * (SB_NOUSER), and nothing tells so before. */
gboolean linx_filesystem_type_is_internal (const char *fstype);

/**
 * linx_filesystem_type_is_plain:
 * @fstype: a filesystem type
 *
 * Returns: whether it is one of those that are made from nothing: to them the source is a word that
 *   is shown, and never looked up
 */
gboolean linx_filesystem_type_is_plain (const char *fstype);
