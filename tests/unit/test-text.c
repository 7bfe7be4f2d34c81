/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-text.h"

#include <string.h>

static void
assert_escaped (const char *bytes, const char *expected)
{
  g_autofree char *shown = linx_text_escape (bytes);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_escape (void)
{
  assert_escaped ("", "");
  assert_escaped ("/mnt/a b", "/mnt/a b");
  assert_escaped ("/Ger\xc3\xa4t", "/Ger\xc3\xa4t");
  assert_escaped ("a\nb\tc", "a\\x0ab\\x09c");
  assert_escaped ("\x1b[2J\x7f", "\\x1b[2J\\x7f");
  assert_escaped ("\xc2\x9b", "\\xc2\\x9b");          /* C1: CSI */
  assert_escaped ("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* right-to-left override */
  assert_escaped ("a\xff"
                  "b\xc3",
                  "a\\xff"
                  "b\\xc3");
  assert_escaped ("\\x0a", "\\x5cx0a");
  assert_escaped ("a\" at \"/b", "a\\x22 at \\x22/b");
}

/* What shows as nothing, as a blank, or as something else tomorrow. */
static void
test_nothing_is_hidden (void)
{
  static const gunichar hidden[] = {
    0x00a0, 0x00ad, 0x034f,  0x0378,  0x061c,  0x115f,  0x1160,   0x17b4, 0x17b5, 0x180b,
    0x180e, 0x2000, 0x200b,  0x200d,  0x200f,  0x2028,  0x2029,   0x202e, 0x2060, 0x2064,
    0x2066, 0x2069, 0x2800,  0x3000,  0x3164,  0xe000,  0xfe00,   0xfe0f, 0xfeff, 0xffa0,
    0xfff9, 0xfffe, 0x1d173, 0xe0001, 0xe0020, 0xe01ef, 0x10fffd,
  };
  static const gunichar shown[] = { ' ', '~', 0xe4, 0x3b1, 0x4e2d, 0xac00, 0x0301, 0x1f600 };

  for (gsize i = 0; i < G_N_ELEMENTS (hidden); i++)
    g_assert_true (linx_text_acts (hidden[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (shown); i++)
    g_assert_false (linx_text_acts (shown[i]));
  for (gunichar c = 0x80; c <= 0x10ffff; c++)
    if (g_unichar_type (c) == G_UNICODE_FORMAT || g_unichar_iscntrl (c) || g_unichar_isspace (c))
      g_assert_true (linx_text_acts (c));
  assert_escaped ("a\xe2\x80\x8b"
                  "b",
                  "a\\xe2\\x80\\x8bb");
}

/* What could end a name in the eyes of who reads a prompt, or part it. */
static void
test_look_alikes (void)
{
  static const gunichar alike[] = {
    '"',    '\\',   0x02ba, 0x02dd, 0x02ee, 0x05f4, 0x201c, 0x201f, 0x2033, 0x2036, 0x2215,
    0x275b, 0x275d, 0x275e, 0x29f8, 0x2e42, 0x3003, 0x301d, 0xff02, 0x030b, 0x20dd,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (alike); i++) {
    char bytes[8] = "";
    g_autofree char *shown = NULL;

    g_unichar_to_utf8 (alike[i], bytes);
    shown = linx_text_escape (bytes);
    g_assert_true (g_str_has_prefix (shown, "\\x"));
  }
}

static void
assert_isolated (const char *text, const char *expected)
{
  g_autofree char *isolated = linx_text_isolate (text);

  g_assert_cmpstr (isolated, ==, expected);
}

static void
test_isolate (void)
{
  assert_isolated ("/srv/\u00e4", "/srv/\u00e4");
  assert_isolated ("/srv/\u05d0/b", "\u2068/srv/\u05d0/b\u2069");
  assert_isolated ("\u0627", "\u2068\u0627\u2069");
}

static char *
shorten (const char *first, gsize n, const char *last)
{
  g_autofree char *middle = g_strnfill (n, 'a');
  g_autofree char *bytes = g_strconcat (first, middle, last, NULL);
  g_autofree char *escaped = linx_text_escape (bytes);

  return linx_text_shorten (escaped);
}

static void
test_shorten (void)
{
  g_autofree char *whole = shorten ("/", LINX_TEXT_MAX_SHOWN - 2, "z");
  g_autofree char *cut = shorten ("/srv/", 3990, "zzzzz");
  g_autofree char *forged = shorten ("/srv/a\" [... 4000 ...] \"z", 0, "");
  g_autofree char *escapes = shorten ("", LINX_TEXT_MAX_SHOWN / 2 - 2,
                                      "\n\n\n\n\n\n\n\n\n\n\n\n\n"
                                      "\n\n\n\n\n\n\n");

  g_assert_cmpuint (strlen (whole), ==, LINX_TEXT_MAX_SHOWN);
  g_assert_true (g_str_has_prefix (cut, "/srv/aaaa"));
  g_assert_true (g_str_has_suffix (cut, "aazzzzz"));
  g_assert_nonnull (strstr (cut, "aa\" [... 4000 ...] \"aa"));
  g_assert_cmpuint (strlen (cut), <, LINX_TEXT_MAX_SHOWN + 30);
  g_assert_null (strchr (forged, '"'));
  g_assert_nonnull (strstr (escapes, "aa\" [... 138 ...] \"\\x0a"));
}

static void
test_escape_is_injective (void)
{
  static const char *const names[] = { "a\nb", "a\\x0ab", "a\\x5cx0ab", "a\\\nb", "\xff", "\\xff" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    for (gsize j = 0; j < i; j++) {
      g_autofree char *a = linx_text_escape (names[i]);
      g_autofree char *b = linx_text_escape (names[j]);

      g_assert_cmpstr (a, !=, b);
    }
}

static void
test_utf8 (void)
{
  gboolean valid;
  g_autofree char *plain = linx_text_utf8 ("new\nline\\", &valid);
  g_autofree char *broken = NULL;

  g_assert_true (valid);
  g_assert_cmpstr (plain, ==, "new\nline\\");
  broken = linx_text_utf8 ("a\xff\n", &valid);
  g_assert_false (valid);
  g_assert_cmpstr (broken, ==, "a\\xff\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/look-alikes", test_look_alikes);
  g_test_add_func ("/text/isolate", test_isolate);
  g_test_add_func ("/text/escape", test_escape);
  g_test_add_func ("/text/nothing-is-hidden", test_nothing_is_hidden);
  g_test_add_func ("/text/shorten", test_shorten);
  g_test_add_func ("/text/escape-is-injective", test_escape_is_injective);
  g_test_add_func ("/text/utf8", test_utf8);
  return g_test_run ();
}
