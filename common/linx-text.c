/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-text.h"

#include <string.h>

/* Characters that reorder or break the text around them, of which a forged prompt would be made;
 * the quotes that prompts put around names; and the backslash, so that two different names never
 * read the same. */
static gboolean
acts_on_text (gunichar c)
{
  return c == '\\' || c == '"' || g_unichar_iscntrl (c) || (c >= 0x2028 && c <= 0x202e)
         || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
}

static void
append_bytes (GString *out, const char *from, const char *to)
{
  for (; from < to; from++)
    g_string_append_printf (out, "\\x%02x", (guchar)*from);
}

static char *
escape (const char *bytes, gboolean controls_too, gboolean *valid)
{
  GString *out = g_string_new (NULL);
  const char *end = bytes + strlen (bytes);

  *valid = TRUE;
  while (bytes < end) {
    gunichar c = g_utf8_get_char_validated (bytes, end - bytes);
    gboolean broken = c == (gunichar)-1 || c == (gunichar)-2;
    const char *next = broken ? bytes + 1 : g_utf8_next_char (bytes);

    if (broken || (controls_too && acts_on_text (c)))
      append_bytes (out, bytes, next);
    else
      g_string_append_len (out, bytes, next - bytes);
    *valid = *valid && !broken;
    bytes = next;
  }
  return g_string_free (out, FALSE);
}

char *
linx_text_escape (const char *bytes)
{
  gboolean valid;
  return escape (bytes, TRUE, &valid);
}

char *
linx_text_utf8 (const char *bytes, gboolean *valid)
{
  gboolean dummy;

  if (g_utf8_validate (bytes, -1, NULL)) {
    if (valid != NULL)
      *valid = TRUE;
    return g_strdup (bytes);
  }
  return escape (bytes, FALSE, valid != NULL ? valid : &dummy);
}
