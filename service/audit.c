/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"
#include "linx-error.h"

#include <stdio.h>
#include <string.h>

/* The line's text: what was given, as key="value". Values hold no control bytes; a quote or a space
 * is all that is left to mark. */
static void
append_detail (const char *key, const char *value, gpointer user_data)
{
  GString *line = user_data;

  if (value[0] == '\0')
    return;
  g_string_append_printf (line, " %s=\"", key);
  for (const char *p = value; *p != '\0'; p++)
    if (*p == '"')
      g_string_append (line, "\\x22");
    else
      g_string_append_c (line, *p);
  g_string_append_c (line, '"');
}

static void
write_line (const char *text)
{
  const GLogField fields[] = {
    { "MESSAGE", text, -1 },
    { "PRIORITY", "5", -1 },
    { "SYSLOG_IDENTIFIER", "linx-mountd", -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
  };

  g_log_structured_array (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields));
}

void
linx_audit (const LinxCaller *caller, const LinxDetails *details, const GError *error)
{
  GString *line = g_string_new ("audit:");
  g_autofree char *name = error != NULL ? linx_error_dbus_name (error) : g_strdup ("done");

  if (caller != NULL)
    g_string_append_printf (line, " uid=%u caller-pid=%d", caller->uid, (int)caller->pid);
  linx_details_foreach (details, append_detail, line);
  append_detail ("outcome", name, line);
  if (error != NULL)
    append_detail ("error", error->message, line);
  write_line (line->str);
  g_string_free (line, TRUE);
}
