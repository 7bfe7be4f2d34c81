/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"
#include "linx-text.h"

#include <json-glib/json-glib.h>

/* json-glib escapes what JSON must have escaped. Of the rest, all that acts on a terminal can stand
 * inside a string alone. */
static char *
make_harmless (const char *json)
{
  GString *text = g_string_new (NULL);

  for (; *json != '\0'; json = g_utf8_next_char (json)) {
    gunichar c = g_utf8_get_char (json);

    if (c != '\n' && linx_text_acts (c))
      g_string_append_printf (text, "\\u%04x", c);
    else
      g_string_append_len (text, json, g_utf8_next_char (json) - json);
  }
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

char *
ctl_json_format (GVariant *value, gboolean pretty)
{
  g_autoptr (JsonNode) node = json_gvariant_serialize (value);
  g_autofree char *json = json_to_string (node, pretty);

  return make_harmless (json);
}
