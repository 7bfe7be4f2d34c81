/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A line with a type, or an empty one, then a value: as `in`, `from`, `process` and `idmap`, where
 * each has a field of its own, and in a list of other types beside it.
 */

#include "linx-error.h"
#include "value.h"
#include "request/request-decode.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static gboolean
is_integer (GVariant *value)
{
  return strchr ("ynqiuxt", g_variant_get_type_string (value)[0]) != NULL;
}

/* What there is in the value must be what came of it. */
static void
check_kind (const LinxWhere *where, GVariant *value)
{
  switch (where->kind) {
  case LINX_WHERE_SELF:
    g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "self");
    return;
  case LINX_WHERE_HOST:
    g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "host");
    return;
  case LINX_WHERE_PATH:
    g_assert_cmpstr (where->path, ==, g_variant_get_string (value, NULL));
    g_assert_true (where->path[0] == '/');
    return;
  case LINX_WHERE_PID:
    g_assert_true (is_integer (value));
    g_assert_cmpint (where->pid, >, 0);
    return;
  case LINX_WHERE_FD:
    g_assert_cmpint (where->fd, ==, fuzz_fds ()->fd[g_variant_get_handle (value)]);
    return;
  case LINX_WHERE_NONE:
  default:
    g_error ("nothing came of %s", g_variant_get_type_string (value));
  }
}

static GVariant *
dictionary (const char *key, GVariant *value)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, key, value);
  return g_variant_dict_end (&dict);
}

static void
decode (const char *method, const char *words, const char *key, gsize field, GVariant *value)
{
  const LinxMethod *verb = linx_method_find (method);
  g_autoptr (GVariant) arguments
      = words[0] == '\0' ? g_variant_new ("(@a{sv})", dictionary (key, value))
                         : g_variant_new ("(ss@a{sv})", "/a", words, dictionary (key, value));
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxRequest) request = NULL;

  g_variant_ref_sink (arguments);
  request = linx_request_decode (verb, arguments, fuzz_fds (), &error);
  if (request != NULL)
    check_kind (G_STRUCT_MEMBER_P (request, field), value);
  else
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
  g_autofree char *type = fuzz_first_line (&bytes, &size);
  gboolean any = type[0] == '\0';
  g_autoptr (GVariant) value = NULL;

  if (!any
      && (!g_variant_type_string_is_valid (type)
          || !g_variant_type_is_definite (G_VARIANT_TYPE (type))))
    return -1;
  value = fuzz_value (any ? NULL : G_VARIANT_TYPE (type), bytes, size);
  if (value == NULL)
    return -1;
  decode ("ListMounts", "", "in", G_STRUCT_OFFSET (LinxRequest, in), value);
  decode ("Bind", "/b", "from", G_STRUCT_OFFSET (LinxRequest, from), value);
  decode ("CreateMount", "proc", "process", G_STRUCT_OFFSET (LinxRequest, process), value);
  decode ("CreateMount", "tmpfs", "idmap", G_STRUCT_OFFSET (LinxRequest, idmap), value);
  return 0;
}
