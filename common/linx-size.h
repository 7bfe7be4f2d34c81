/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_size_parse:
 * @text: a number of bytes, perhaps with a unit as mount(8) takes it: K, M, G, T, P or E, and the
 * same with iB, are powers of 1024, with B of 1000
 * @bytes: (out): how many that is
 *
 * Returns: whether it is one, and less than 2^63
 */
gboolean linx_size_parse (const char *text, guint64 *bytes);

G_END_DECLS
