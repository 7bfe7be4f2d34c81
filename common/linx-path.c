/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-path.h"

#include <string.h>

const char *
linx_path_rest (const char *path, const char *top)
{
  gsize length = g_str_equal (top, "/") ? 0 : strlen (top);

  if (strncmp (path, top, length) != 0 || (path[length] != '/' && path[length] != '\0'))
    return NULL;
  return g_str_equal (path + length, "/") ? "" : path + length;
}

gboolean
linx_path_is_below (const char *path, const char *top)
{
  const char *rest = linx_path_rest (path, top);

  return rest != NULL && rest[0] != '\0';
}
