/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_text_acts:
 * @c: a character
 *
 * Returns: whether it reorders or breaks the text around it, acts on a terminal, or shows as
 * nothing or as a blank other than U+0020: of such a forged prompt would be made. So are all of
 * Unicode's C and Z categories but U+0020, variation selectors, and what else is ignored by default
 */
gboolean linx_text_acts (gunichar c);

/**
 * linx_text_escape:
 * @bytes: a C string of any bytes
 *
 * Writes @bytes so that a prompt, a journal line or a terminal shows it and does nothing else:
 * characters for which linx_text_acts() holds, bytes that are not UTF-8, the double quote and the
 * backslash itself become \xNN, so that different bytes never read the same.
 *
 * Returns: (transfer full): printable UTF-8
 */
char *linx_text_escape (const char *bytes);

/** linx_text_append_escaped: appends to @out what linx_text_escape() makes of @bytes. */
void linx_text_append_escaped (GString *out, const char *bytes);

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

/** LINX_TEXT_MAX_SHOWN: as many characters of a name a prompt shows. */
#define LINX_TEXT_MAX_SHOWN 120

/**
 * linx_text_shorten:
 * @escaped: a text from linx_text_escape(), which is to stand in double quotes
 *
 * Takes out the middle of what is longer than LINX_TEXT_MAX_SHOWN characters, and says how many
 * there are in all: `/srv/aa" [... 4000 ...] "aa/z`. No name reads like that, for the quotes are
 * not in it.
 *
 * Returns: (transfer full): what a person can read
 */
char *linx_text_shorten (const char *escaped);

/**
 * linx_text_isolate:
 * @escaped: a text from linx_text_escape()
 *
 * Returns: (transfer full): what can stand in a sentence, and leaves the order of the words around
 * it as it is: with letters that are written from right to left in it, it is between U+2068 and
 * U+2069
 */
char *linx_text_isolate (const char *escaped);

G_END_DECLS
