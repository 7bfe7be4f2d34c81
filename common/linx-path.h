/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_path_rest:
 * @path: an absolute path without "." and "..", and without a slash at its end
 * @top: another one
 *
 * Returns: (transfer none) (nullable): what of @path follows @top: "" where they are the same, else
 *   "/" and more; %NULL where @path is not below @top. Of "/" all is below
 */
const char *linx_path_rest (const char *path, const char *top);

/** linx_path_is_below: whether @path is below @top, and not the same. */
gboolean linx_path_is_below (const char *path, const char *top);

G_END_DECLS
