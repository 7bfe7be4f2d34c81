/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-secrets.h"

#include <string.h>

gboolean
linx_secrets_is_name (const char *name)
{
  static const char *const parts[] = { "pass", "pwd", "secret", "key", "token", "cred", "auth" };
  g_autofree char *lower = NULL;

  for (const char *c = name; *c != '\0' && lower == NULL; c++)
    if (g_ascii_isupper (*c))
      lower = g_ascii_strdown (name, -1);
  name = lower != NULL ? lower : name;
  if (g_str_equal (name, "credentials") || g_str_equal (name, "cred")
      || g_str_equal (name, "keyring") || g_str_has_suffix (name, "file"))
    return FALSE; /* where they are, which is a path */
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (name, parts[i]) != NULL)
      return TRUE;
  return g_str_equal (name, "sig") || g_str_has_suffix (name, "_sig");
}

/* Where the authority of a URL ends, or the word that a share is. */
static const char *
end_of_authority (const char *authority)
{
  return authority + strcspn (authority, "/ \t\n\"',");
}

/* From the colon on, up to the last at sign: NULL: there is no password. */
static const char *
find_password (const char *authority, const char **at)
{
  const char *end = end_of_authority (authority);
  const char *colon = memchr (authority, ':', (gsize)(end - authority));

  *at = NULL;
  for (const char *c = authority; c < end; c++)
    *at = *c == '@' ? c : *at;
  return *at != NULL && colon != NULL && colon < *at ? colon : NULL;
}

static gboolean
begins_url (const char *text, const char *slashes)
{
  return slashes == text || strchr (":\"', \t\n", slashes[-1]) != NULL;
}

char *
linx_secrets_strike_url (const char *text)
{
  GString *struck = g_string_new (NULL);
  const char *rest = text;

  for (const char *slashes = strstr (rest, "//"); slashes != NULL;
       slashes = strstr (slashes, "//")) {
    const char *at, *password = find_password (slashes + 2, &at);

    if (begins_url (text, slashes) && password != NULL) {
      g_string_append_len (struck, rest, password + 1 - rest);
      g_string_append (struck, "***");
      rest = at;
    }
    slashes += 2;
  }
  g_string_append (struck, rest);
  return g_string_free (struck, FALSE);
}

char *
linx_secrets_strike_user (const char *name, const char *value)
{
  const char *sign
      = g_str_equal (name, "user") || g_str_equal (name, "username") ? strchr (value, '%') : NULL;

  return sign != NULL ? g_strdup_printf ("%.*s***", (int)(sign + 1 - value), value)
                      : g_strdup (value);
}

/* Longer ones first: one may be part of another. */
static gint
compare_lengths (gconstpointer a, gconstpointer b)
{
  gsize length_a = strlen (*(const char *const *)a), length_b = strlen (*(const char *const *)b);

  return length_a > length_b ? -1 : length_a < length_b;
}

static const char *
find_secret (const GPtrArray *secrets, const char *at)
{
  for (guint i = 0; i < secrets->len; i++)
    if (g_str_has_prefix (at, g_ptr_array_index (secrets, i)))
      return g_ptr_array_index (secrets, i);
  return NULL;
}

char *
linx_secrets_strike (GPtrArray *secrets, const char *text)
{
  GString *struck = g_string_new (NULL);

  g_ptr_array_sort (secrets, compare_lengths);
  if (secrets->len > 0
      && strlen (g_ptr_array_index (secrets, secrets->len - 1)) < LINX_SECRETS_MIN_BYTES) {
    g_string_append (struck, "(its words may repeat a secret)");
    return g_string_free (struck, FALSE);
  }
  for (const char *at = text, *end = text + strnlen (text, LINX_SECRETS_MAX_TEXT); at < end;) {
    const char *secret = find_secret (secrets, at);

    if (secret != NULL)
      g_string_append (struck, "***");
    else
      g_string_append_c (struck, *at);
    at += secret != NULL ? strlen (secret) : 1;
  }
  return g_string_free (struck, FALSE);
}
