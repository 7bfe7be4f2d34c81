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

char *
linx_secrets_strike_url (const char *text)
{
  const char *slashes = g_str_has_prefix (text, "//") ? text : strstr (text, "://");
  const char *authority = slashes != NULL ? strstr (slashes, "//") + 2 : NULL;
  const char *at = NULL, *colon;

  for (const char *c = authority; c != NULL && *c != '\0' && *c != '/'; c++)
    at = *c == '@' ? c : at;
  colon = at != NULL ? memchr (authority, ':', (gsize)(at - authority)) : NULL;
  if (colon == NULL)
    return g_strdup (text);
  return g_strdup_printf ("%.*s:***%s", (int)(colon - text), text, at);
}
