/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-options.h"

#include <gio/gunixfdlist.h>

/**
 * linx_mount_options_dictionary:
 * @options: (nullable): the options
 * @raw: what else is in "raw", an "a{say}"; it is ended
 * @fds: gets copies of the descriptors that the options name
 * @error: where the error goes
 *
 * Returns: (transfer floating): the option dictionary, or %NULL with @error set
 */
GVariant *linx_mount_options_dictionary (LinxMountOptions *options, GVariantBuilder *raw,
                                         GUnixFDList *fds, GError **error);
