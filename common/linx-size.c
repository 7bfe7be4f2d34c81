/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-size.h"

#include <string.h>

/* What a unit multiplies by; 0: it is none. */
static guint64
factor_of (const char *unit)
{
  static const char letters[] = "KMGTPE";
  const char *letter = unit[0] != '\0' ? strchr (letters, g_ascii_toupper (unit[0])) : NULL;
  guint64 base = g_str_equal (unit + (letter != NULL), "B") ? 1000 : 1024;
  guint64 factor = 1;

  if (unit[0] == '\0')
    return 1;
  if (letter == NULL
      || !(unit[1] == '\0' || g_str_equal (unit + 1, "iB") || g_str_equal (unit + 1, "B")))
    return 0;
  for (const char *l = letters; l <= letter; l++)
    factor *= base;
  return factor;
}

gboolean
linx_size_parse (const char *text, guint64 *bytes)
{
  gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  guint64 factor = factor_of (text + digits);

  return factor != 0 && g_ascii_string_to_unsigned (number, 10, 0, G_MAXINT64, bytes, NULL)
         && g_uint64_checked_mul (bytes, *bytes, factor) && *bytes <= G_MAXINT64;
}
