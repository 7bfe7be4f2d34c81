/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-options.h"

#include <gio/gunixfdlist.h>

/**
 * linx_mount_options_copy_fds:
 * @options: (nullable): the options
 * @error: where the error goes
 *
 * Returns: (transfer full): copies of the descriptors that the options name, or %NULL with @error
 *   set
 */
GUnixFDList *linx_mount_options_copy_fds (LinxMountOptions *options, GError **error);

/**
 * linx_mount_options_dictionary:
 * @options: (nullable): the options
 * @raw: (transfer floating) (nullable): the value of "raw"
 *
 * Returns: (transfer floating): the option dictionary
 */
GVariant *linx_mount_options_dictionary (LinxMountOptions *options, GVariant *raw);
