/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * linx_tag_is:
 * @source: a source
 *
 * Returns: whether it is a tag: LABEL=, UUID=, PARTLABEL= or PARTUUID= (mount(8))
 */
gboolean linx_tag_is (const char *source);

/**
 * linx_tag_find:
 * @source: a tag
 * @probe: whether devices may be read where udev has no link for it in /dev/disk; what is on a
 * device is not for everybody to know
 * @error: Resolve.ENOENT
 *
 * Only where the service's own files are: libblkid reads some, by their paths.
 *
 * Returns: (transfer full): the path of the device
 */
char *linx_tag_find (const char *source, gboolean probe, GError **error);
