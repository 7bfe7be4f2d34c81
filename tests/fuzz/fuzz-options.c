/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A list of mount options: each text that is made of it says exactly what is in it.
 */

#include "linx-error.h"
#include "linx-option-list.h"
#include "linx-options.h"
#include "linx-secrets.h"

#include <gio/gio.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

/* What a text with \xNN in it stands for. */
static char *
unescape (const char *text)
{
  GString *bytes = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (text[0] == '\\') {
      g_assert_true (text[1] == 'x' && g_ascii_isxdigit (text[2]) && g_ascii_isxdigit (text[3]));
      g_string_append_c (
          bytes, (char)(g_ascii_xdigit_value (text[2]) << 4 | g_ascii_xdigit_value (text[3])));
      text += 3;
    } else {
      g_string_append_c (bytes, *text);
    }
  return g_string_free (bytes, FALSE);
}

static void
check_fs_option (const LinxFsOption *option, const char *text)
{
  const char *sign = strchr (text, '=');
  g_autofree char *name = g_strndup (text, sign != NULL ? (gsize)(sign - text) : strlen (text));
  g_autofree char *plain_name = unescape (name);
  g_autofree char *value = sign != NULL ? unescape (sign + 1) : NULL;

  g_autofree char *struck = option->value != NULL ? linx_secrets_strike_url (option->value) : NULL;

  g_assert_cmpstr (plain_name, ==, option->name);
  g_assert_null (strpbrk (option->name, ",\"\\"));
  if (linx_secrets_is_name (option->name) && value != NULL)
    g_assert_cmpstr (value, ==, "***");
  else
    g_assert_cmpstr (value, ==, struck);
  linx_options_names_fd (option);
  linx_options_names_path (option);
  linx_options_harmless ("tmpfs", option);
  linx_options_harmless (option->name, option);
}

static void
check_fs_text (const LinxOptions *options)
{
  g_autofree char *text = linx_options_fs_text (options);
  g_auto (GStrv) pieces = g_strsplit (text, ",", -1);

  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpuint (g_strv_length (pieces), ==, options->fs->len);
  for (guint i = 0; i < options->fs->len; i++)
    check_fs_option (g_ptr_array_index (options->fs, i), pieces[i]);
}

/* It goes into lists of libmount's and of other programs: each word must stay one. */
static void
check_user_text (const LinxOptions *options)
{
  g_autofree char *text = linx_options_user_text (options);
  g_auto (GStrv) pieces = g_strsplit (text, ",", -1);

  g_assert_cmpuint (g_strv_length (pieces), ==, options->user->len);
  for (guint i = 0; i < options->user->len; i++)
    g_assert_cmpstr (pieces[i], ==, g_ptr_array_index (options->user, i));
  if (text[0] != '\0')
    g_assert_true (linx_option_list_is_plain (pieces[options->user->len - 1]));
}

/* The words mean what they were made of. */
static void
check_attributes (const LinxAttributes *attributes)
{
  g_autofree char *text = linx_options_attributes (attributes);
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxOptions) again = linx_options_parse (text, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (again->attr.set, ==, attributes->set);
  g_assert_cmpuint (again->attr.clear, ==, attributes->clear);
}

/* A value with a star in it could be part of what is put in its place. */
static void
check_strike (const LinxOptions *options, const char *list)
{
  g_autofree char *struck = linx_options_strike_secrets (options, list);

  if (g_str_equal (struck, "(its words may repeat a secret)"))
    return;
  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    if (g_str_equal (option->name, "password") && option->value != NULL && option->value[0] != '\0'
        && strchr (option->value, '*') == NULL)
      g_assert_null (strstr (struck, option->value));
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
  g_autofree char *list = g_strndup ((const char *)bytes, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxOptions) options = linx_options_parse (list, &error);

  g_assert_true ((options != NULL) == (error == NULL));
  if (options == NULL) {
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
    return 0;
  }
  check_fs_text (options);
  check_user_text (options);
  check_attributes (&options->attr);
  check_attributes (&options->tree);
  check_strike (options, list);
  return 0;
}
