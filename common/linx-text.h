/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_text_acts:
 * @c: a character
 *
 * Returns: whether it reorders or breaks the text around it, or acts on a terminal: of such a
 *   forged prompt would be made
 */
gboolean linx_text_acts (gunichar c);

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

/**
 * linx_text_printable:
 * @text: a text that was made for people, of any bytes
 *
 * Like linx_text_escape(), but leaves quotes and backslashes as they are.
 *
 * Returns: (transfer full): printable UTF-8
 */
char *linx_text_printable (const char *text);

G_END_DECLS
