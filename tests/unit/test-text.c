/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-text.h"

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
  g_test_add_func ("/text/escape", test_escape);
  g_test_add_func ("/text/escape-is-injective", test_escape_is_injective);
  g_test_add_func ("/text/utf8", test_utf8);
  return g_test_run ();
}
