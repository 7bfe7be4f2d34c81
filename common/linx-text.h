/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_text_escape:
 * @bytes: a C string of any bytes
 *
 * Writes @bytes so that a prompt, a journal line or a terminal shows it and does nothing else:
 * control characters (C0, DEL, C1, and the line, paragraph and bidirectional ones), bytes that are
 * not UTF-8, the double quote and the backslash itself become \xNN, so that different bytes never
 * read the same.
 *
 * Returns: (transfer full): printable UTF-8
 */
char *linx_text_escape (const char *bytes);

/**
 * linx_text_utf8:
 * @bytes: a C string of any bytes
 * @valid: (out) (optional): whether @bytes was UTF-8
 *
 * Writes @bytes as a string that D-Bus carries: bytes that are not UTF-8 become \xNN, and all else
 * stays as it is.
 *
 * Returns: (transfer full): UTF-8
 */
char *linx_text_utf8 (const char *bytes, gboolean *valid);

G_END_DECLS
