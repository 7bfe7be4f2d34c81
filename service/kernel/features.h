/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** linx_features_probe: finds out, once and at the start, what this kernel has. */
void linx_features_probe (void);

/**
 * linx_feature_unique_mount_id:
 *
 * Returns: whether the kernel has unique 64-bit mount ids: statx(2) with STATX_MNT_ID_UNIQUE,
 *   statmount(2) and listmount(2), all Linux 6.8
 */
gboolean linx_feature_unique_mount_id (void);

/**
 * linx_feature_statmount:
 *
 * Returns: whether statmount(2) tells all that mountinfo does (STATMOUNT_SUPPORTED_MASK,
 * Linux 6.15)
 */
gboolean linx_feature_statmount (void);

/**
 * linx_feature_mount_events:
 *
 * Returns: whether fanotify(7) tells of a namespace's mounts (FAN_REPORT_MNT, Linux 6.15), and they
 *   can be read by the namespace's id
 */
gboolean linx_feature_mount_events (void);

/**
 * linx_feature_pidns_option:
 *
 * Returns: whether proc takes the option pidns= (Linux 6.17)
 */
gboolean linx_feature_pidns_option (void);

/**
 * linx_feature_overlay_layer_fds:
 *
 * Returns: whether overlay takes its layers as descriptors that only point (O_PATH, Linux 6.15)
 */
gboolean linx_feature_overlay_layer_fds (void);

/**
 * linx_feature_detached_mounts:
 *
 * Returns: whether a detached mount can be cloned, and another one mounted on it (Linux 6.15)
 */
gboolean linx_feature_detached_mounts (void);

/**
 * linx_feature_beneath:
 *
 * Returns: whether a mount can be put beneath another one (MOVE_MOUNT_BENEATH, Linux 6.5)
 */
gboolean linx_feature_beneath (void);

/**
 * linx_feature_exclusive:
 *
 * Returns: whether a filesystem can be made only if it is not there yet
 *   (FSCONFIG_CMD_CREATE_EXCL, Linux 6.6)
 */
gboolean linx_feature_exclusive (void);

/**
 * linx_features_missing:
 *
 * Returns: (nullable): a system call that the service cannot do without, and that this kernel, or a
 *   filter, does not have; %NULL: all are there
 */
const char *linx_features_missing (void);

/**
 * linx_features_names:
 *
 * Returns: (transfer full): the names of what was found: the property Features
 */
GStrv linx_features_names (void);
