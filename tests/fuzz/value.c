/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "value.h"

#include <string.h>

/* No descriptor has such a number: whoever uses one is found out. */
#define FIRST_FD 1000000

static GVariant *
serialized (const GVariantType *type, const guint8 *bytes, gsize size)
{
  g_autoptr (GBytes) copy = g_bytes_new (bytes, size);
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_from_bytes (type, copy, FALSE));

  return g_variant_get_normal_form (value);
}

GVariant *
fuzz_value (const GVariantType *type, const guint8 *bytes, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)bytes, size);
  g_autoptr (GVariant) parsed = NULL;

  if (g_utf8_validate (text, -1, NULL))
    parsed = g_variant_parse (type, text, NULL, NULL, NULL);
  if (parsed != NULL)
    return g_variant_get_normal_form (parsed);
  return type != NULL ? serialized (type, bytes, size) : NULL;
}

char *
fuzz_first_line (const guint8 **bytes, gsize *size)
{
  const guint8 *end = *size > 0 ? memchr (*bytes, '\n', *size) : NULL;
  gsize length = end != NULL ? (gsize)(end - *bytes) : *size;
  char *line = g_strndup ((const char *)*bytes, length);

  length += end != NULL;
  *bytes += length;
  *size -= length;
  return line;
}

LinxMessageFds *
fuzz_fds (void)
{
  static int numbers[FUZZ_FDS] = { FIRST_FD, FIRST_FD + 1, FIRST_FD + 2 };
  static LinxMessageFds fds = { .ref = 1, .fd = numbers, .n = FUZZ_FDS };

  return &fds;
}

gboolean
fuzz_fds_has (int fd)
{
  return fd == -1 || (fd >= FIRST_FD && fd < FIRST_FD + FUZZ_FDS);
}
