/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-text.h"

#include <string.h>

/* What Unicode would have shown as nothing, or as a blank, and calls a letter or a mark
 * (Default_Ignorable_Code_Point in DerivedCoreProperties.txt, and the blank of Braille). */
static gboolean
is_blank (gunichar c)
{
  static const struct {
    gunichar first;
    gunichar last;
  } blanks[] = {
    { 0x034f, 0x034f }, { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
    { 0x2800, 0x2800 }, { 0x3164, 0x3164 },   { 0xfe00, 0xfe0f }, { 0xffa0, 0xffa0 },
    { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (blanks); i++)
    if (c >= blanks[i].first && c <= blanks[i].last)
      return TRUE;
  return FALSE;
}

gboolean
linx_text_acts (gunichar c)
{
  if (c < 0x7f)
    return c < 0x20;
  switch (g_unichar_type (c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
  case G_UNICODE_SPACE_SEPARATOR:
  case G_UNICODE_PRIVATE_USE:
  case G_UNICODE_SURROGATE:
  case G_UNICODE_UNASSIGNED:
    return TRUE;
  default:
    return is_blank (c);
  }
}

static gboolean
nothing (gunichar c)
{
  (void)c;
  return FALSE;
}

/* The quotes that prompts put around names too, and what looks like them or like a slash, and the
 * backslash, so that two different names never read the same. */
static gboolean
acts_on_name (gunichar c)
{
  static const gunichar alike[] = {
    0x02ba, 0x02dd, 0x02ee, 0x02f5, 0x02f6, 0x030b, 0x030e, 0x0348, 0x05f4, 0x20dd,
    0x2033, 0x2036, 0x2044, 0x2057, 0x2215, 0x275b, 0x275c, 0x275d, 0x275e, 0x275f,
    0x2760, 0x276e, 0x276f, 0x29f8, 0x2e42, 0x3003, 0xff02, 0xff0f, 0xff3c,
  };

  if (c < 0x80)
    return c == '\\' || c == '"' || linx_text_acts (c);
  for (gsize i = 0; i < G_N_ELEMENTS (alike); i++)
    if (c == alike[i])
      return TRUE;
  return (c >= 0x201c && c <= 0x201f) || (c >= 0x301d && c <= 0x301f) || linx_text_acts (c);
}

static void
append_bytes (GString *out, const char *from, const char *to)
{
  for (; from < to; from++)
    g_string_append_printf (out, "\\x%02x", (guchar)*from);
}

/* As nearly all are. */
static gboolean
is_plain_ascii (const char *bytes)
{
  for (; *bytes != '\0'; bytes++)
    if (*bytes < 0x20 || *bytes > 0x7e || *bytes == '"' || *bytes == '\\')
      return FALSE;
  return TRUE;
}

static void
append_escaped (GString *out, const char *bytes, gboolean (*is_escaped) (gunichar c),
                gboolean *valid)
{
  const char *end = bytes + strlen (bytes), *plain = bytes; /* as it is, and not yet in @out */

  *valid = TRUE;
  while (bytes < end) {
    gboolean ascii = (guchar)*bytes < 0x80;
    gunichar c = ascii ? (guchar)*bytes : g_utf8_get_char_validated (bytes, end - bytes);
    gboolean broken = c == (gunichar)-1 || c == (gunichar)-2;
    const char *next = broken ? bytes + 1 : g_utf8_next_char (bytes);

    if (broken || is_escaped (c)) {
      g_string_append_len (out, plain, bytes - plain);
      append_bytes (out, bytes, next);
      plain = next;
    }
    *valid = *valid && !broken;
    bytes = next;
  }
  g_string_append_len (out, plain, end - plain);
}

static char *
escape (const char *bytes, gboolean (*is_escaped) (gunichar c), gboolean *valid)
{
  GString *out = g_string_new (NULL);

  append_escaped (out, bytes, is_escaped, valid);
  return g_string_free (out, FALSE);
}

char *
linx_text_escape (const char *bytes)
{
  gboolean valid;

  if (is_plain_ascii (bytes))
    return g_strdup (bytes);
  return escape (bytes, acts_on_name, &valid);
}

void
linx_text_append_escaped (GString *out, const char *bytes)
{
  gboolean valid;

  if (is_plain_ascii (bytes))
    g_string_append (out, bytes);
  else
    append_escaped (out, bytes, acts_on_name, &valid);
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

  if (is_plain_ascii (text))
    return g_strdup (text);
  return escape (text, linx_text_acts, &valid);
}

/* A character of @text that begins no later than @at, and is not in the middle of an \xNN. */
static const char *
step_back (const char *text, const char *at)
{
  for (int i = 1; i <= 3 && at - i >= text; i++)
    if (at[-i] == '\\')
      return at - i;
  return at;
}

char *
linx_text_shorten (const char *escaped)
{
  glong length = g_utf8_strlen (escaped, -1);
  const char *head_end, *tail;

  if (length <= LINX_TEXT_MAX_SHOWN)
    return g_strdup (escaped);
  head_end = step_back (escaped, g_utf8_offset_to_pointer (escaped, LINX_TEXT_MAX_SHOWN / 2));
  tail = step_back (escaped, g_utf8_offset_to_pointer (escaped, length - LINX_TEXT_MAX_SHOWN / 2));
  return g_strdup_printf ("%.*s\" [... %ld ...] \"%s", (int)(head_end - escaped), escaped, length,
                          tail);
}

/* Letters of scripts that are written from right to left (Bidi_Class R and AL). */
static gboolean
is_right_to_left (gunichar c)
{
  return (c >= 0x0590 && c <= 0x08ff) || (c >= 0xfb1d && c <= 0xfdff)
         || (c >= 0xfe70 && c <= 0xfeff) || (c >= 0x10800 && c <= 0x10fff)
         || (c >= 0x1e800 && c <= 0x1efff);
}

char *
linx_text_isolate (const char *escaped)
{
  for (const char *c = escaped; *c != '\0'; c = g_utf8_next_char (c))
    if (is_right_to_left (g_utf8_get_char (c)))
      return g_strconcat ("\u2068", escaped, "\u2069", NULL);
  return g_strdup (escaped);
}
