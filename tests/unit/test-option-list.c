/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-option-list.h"
#include "linx-options.h"

#include <gio/gio.h>
#include <string.h>
#include <time.h>

/* @parts: name, value, name, value, ... as text: "-" for no value. */
static void
assert_split (const char *list, const char *const *parts)
{
  const char *rest = list;
  g_autoptr (GError) error = NULL;

  for (;;) {
    g_autofree char *name = NULL, *value = NULL;

    if (!linx_option_list_next (&rest, &name, &value, &error))
      break;
    g_assert_cmpstr (name, ==, parts[0]);
    g_assert_cmpstr (value != NULL ? value : "-", ==, parts[1]);
    parts += 2;
  }
  g_assert_no_error (error);
  g_assert_null (parts[0]);
}

#define ASSERT_SPLIT(list, ...) assert_split (list, (const char *const[]){ __VA_ARGS__, NULL })

static void
test_split (void)
{
  assert_split ("", (const char *const[]){ NULL });
  assert_split (",,", (const char *const[]){ NULL });
  ASSERT_SPLIT ("a", "a", "-");
  ASSERT_SPLIT (",a,,b=,", "a", "-", "b", "");
  ASSERT_SPLIT ("a=b=c,d", "a", "b=c", "d", "-");
  ASSERT_SPLIT ("a=\"b,c\",d=\"\"", "a", "b,c", "d", "");
}

static void
test_backslashes (void)
{
  ASSERT_SPLIT ("a=b\\,c", "a", "b\\,c");
  ASSERT_SPLIT ("a=b\\,c,d", "a", "b\\,c", "d", "-");
  ASSERT_SPLIT ("a=b\\\\,c", "a", "b\\\\", "c", "-");
  ASSERT_SPLIT ("a=/b\\:c:/d", "a", "/b\\:c:/d");
  ASSERT_SPLIT ("a=b\\\"c", "a", "b\\\"c");
  ASSERT_SPLIT ("a=\"b\\\",c\",d", "a", "b\\\",c", "d", "-");
}

static void
test_refused (void)
{
  static const char *const lists[] = {
    "a\\,suid=1", "a\\",  "\\,a",  "a\"b=1",    "\"a\"",     "a=\"b", "a=\"b\"c",
    "a=b\"c\"",   "a=\\", "a=b\\", "a=\"b\\\"", "a,b=\"c,d", "=a",    "a,=",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (linx_options_parse (lists[i], &error));
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  }
}

/* What is handed on to lists that others split. */
static void
test_plain (void)
{
  g_assert_true (linx_option_list_is_plain (NULL));
  g_assert_true (linx_option_list_is_plain ("DOMAIN\\user"));
  g_assert_false (linx_option_list_is_plain ("a\\"));
  g_assert_false (linx_option_list_is_plain ("a\\,b"));
  g_assert_false (linx_option_list_is_plain ("a\"b"));
  g_assert_null (linx_options_parse ("x-a=b\\\\,x-c", NULL));
}

/* A value that is refused may be a secret: no error repeats it. */
static void
test_no_value_is_told (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (linx_options_parse ("password=\"hunter2", &error));
  g_assert_null (strstr (error->message, "hunter2"));
}

static char *
repeat (const char *word, guint n)
{
  GString *list = g_string_new (NULL);

  while (n-- > 0)
    g_string_append (list, word);
  return g_string_free (list, FALSE);
}

static void
test_most (void)
{
  g_autofree char *all = repeat ("ssd,", LINX_MAX_OPTIONS);
  g_autofree char *more = repeat ("ssd,", LINX_MAX_OPTIONS + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxOptions) options = linx_options_parse (all, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (options->fs->len, ==, LINX_MAX_OPTIONS);
  g_assert_null (linx_options_parse (more, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

static void
use_all (const char *list)
{
  g_autoptr (LinxOptions) options = linx_options_parse (list, NULL);
  g_autofree char *text = NULL;

  if (options == NULL)
    return;
  text = linx_options_fs_text (options);
  for (guint i = 0; i < options->fs->len; i++)
    g_assert_true (linx_options_harmless ("btrfs", g_ptr_array_index (options->fs, i)));
}

/* What the main loop does with the longest lists; by the processor's time, for the machine may be
 * busy. */
static void
test_time (void)
{
  static const struct {
    const char *word;
    guint n;
  } lists[] = { { "ssd,", 15000 },
                { "ssd,", LINX_MAX_OPTIONS },
                { "compress=zstd-of-some-length,", LINX_MAX_OPTIONS } };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autofree char *list = repeat (lists[i].word, lists[i].n);
    clock_t start = clock ();
    double ms;

    for (guint n = 0; n < 20; n++)
      use_all (list);
    ms = (double)(clock () - start) * 1000 / CLOCKS_PER_SEC / 20;
    g_test_message ("%u times %s takes %.3f ms", lists[i].n, lists[i].word, ms);
    g_assert_cmpfloat (ms, <, 100); /* a sanitizer's build takes ten times as long */
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/option-list/split", test_split);
  g_test_add_func ("/option-list/backslashes", test_backslashes);
  g_test_add_func ("/option-list/refused", test_refused);
  g_test_add_func ("/option-list/plain", test_plain);
  g_test_add_func ("/option-list/no-value-is-told", test_no_value_is_told);
  g_test_add_func ("/option-list/most", test_most);
  g_test_add_func ("/option-list/time", test_time);
  return g_test_run ();
}
