/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-text.h"

#include <string.h>

gboolean
linx_text_acts (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)
         || c == 0x200e || c == 0x200f || c == 0x061c;
}

static gboolean
nothing (gunichar c)
{
  (void)c;
  return FALSE;
}

/* The quotes that prompts put around names too, and the backslash, so that two different names
 * never read the same. */
static gboolean
acts_on_name (gunichar c)
{
  return c == '\\' || c == '"' || linx_text_acts (c);
}

static void
append_bytes (GString *out, const char *from, const char *to)
{
  for (; from < to; from++)
    g_string_append_printf (out, "\\x%02x", (guchar)*from);
}

static char *
escape (const char *bytes, gboolean (*is_escaped) (gunichar c), gboolean *valid)
{
  GString *out = g_string_new (NULL);
  const char *end = bytes + strlen (bytes);

  *valid = TRUE;
  while (bytes < end) {
    gunichar c = g_utf8_get_char_validated (bytes, end - bytes);
    gboolean broken = c == (gunichar)-1 || c == (gunichar)-2;
    const char *next = broken ? bytes + 1 : g_utf8_next_char (bytes);

    if (broken || is_escaped (c))
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
  return escape (bytes, acts_on_name, &valid);
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
  return escape (bytes, nothing, valid != NULL ? valid : &dummy);
}

char *
linx_text_printable (const char *text)
{
  gboolean valid;
  return escape (text, linx_text_acts, &valid);
}
