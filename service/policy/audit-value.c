/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/audit-value.h"
#include "linx-text.h"

#include <string.h>

static void
append_quoted (GString *text, const char *value, gsize length)
{
  const char *end = value + length;

  while (value < end) {
    const char *quote = memchr (value, '"', (gsize)(end - value));
    const char *stop = quote != NULL ? quote : end;

    g_string_append_len (text, value, stop - value);
    if (quote != NULL)
      g_string_append (text, "\\x22");
    value = quote != NULL ? quote + 1 : end;
  }
}

/* The last beginning of a character. */
static gsize
whole_characters (const char *value, gsize length)
{
  while (length > 0 && ((guchar)value[length] & 0xc0) == 0x80)
    length--;
  return length;
}

char *
linx_audit_value (const char *value)
{
  g_autofree char *plain = linx_text_printable (value);
  gsize length = strlen (plain);
  GString *text = g_string_new (NULL);
  g_autofree char *sum = NULL;

  if (length <= LINX_AUDIT_MAX_BYTES) {
    append_quoted (text, plain, length);
    return g_string_free (text, FALSE);
  }
  append_quoted (text, plain, whole_characters (plain, LINX_AUDIT_MAX_BYTES));
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, value, -1);
  g_string_append_printf (text, "\" (%" G_GSIZE_FORMAT " bytes, SHA-256 %s)", strlen (value), sum);
  return g_string_free (text, FALSE);
}
