/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-option-list.h"
#include "linx-error.h"

#include <string.h>

/* The first of @stops that no backslash takes along, or the end; %NULL: a backslash is the last. */
static const char *
find_end (const char *text, const char *stops)
{
  for (;;) {
    text += strcspn (text, stops);
    if (*text != '\\')
      return text;
    if (text[1] == '\0')
      return NULL;
    text += 2;
  }
}

static char *
take_value (const char **rest, GError **error)
{
  gboolean quoted = **rest == '"';
  const char *begin = *rest + (quoted ? 1 : 0);
  const char *end = find_end (begin, quoted ? "\"\\" : ",\"\\");
  const char *after = end != NULL && quoted && *end == '"' ? end + 1 : end;

  if (after == NULL || (quoted && after == end) || (*after != ',' && *after != '\0')) {
    linx_error_set_args (error, "'options' is no list of mount options: a quote is open or in the "
                                "middle of a value, or a backslash is the last character");
    return NULL;
  }
  *rest = after;
  return g_strndup (begin, (gsize)(end - begin));
}

gboolean
linx_option_list_next (const char **rest, char **name, char **value, GError **error)
{
  const char *begin = *rest + strspn (*rest, ",");
  const char *end = begin + strcspn (begin, ",=\"\\");

  *name = *value = NULL;
  *rest = end;
  if (*begin == '\0')
    return FALSE;
  if (*end == '"' || *end == '\\')
    return linx_error_set_args (error, "'options' has a backslash or a quote in the name of an "
                                       "option, which may be the rest of a value with a comma");
  if (*end == '=') {
    *rest = end + 1;
    *value = take_value (rest, error);
    if (*value == NULL)
      return FALSE;
  }
  *name = g_strndup (begin, (gsize)(end - begin));
  return TRUE;
}

gboolean
linx_option_list_is_plain (const char *value)
{
  return value == NULL || (strpbrk (value, ",\"") == NULL && !g_str_has_suffix (value, "\\"));
}
