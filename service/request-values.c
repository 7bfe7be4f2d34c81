/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request-values.h"
#include "linx-error.h"

#include <limits.h>
#include <string.h>

gboolean
linx_request_wrong_type (const char *key, const char *wanted, GVariant *value, GError **error)
{
  return linx_error_set_args (error, "'%s' must be %s, not of type '%s'", key, wanted,
                              g_variant_get_type_string (value));
}

gboolean
linx_request_get_unsigned (const char *key, GVariant *value, guint64 *number, GError **error)
{
  gint64 n;

  switch (g_variant_classify (value)) {
  case G_VARIANT_CLASS_BYTE:
    *number = g_variant_get_byte (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT16:
    *number = g_variant_get_uint16 (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT32:
    *number = g_variant_get_uint32 (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT64:
    *number = g_variant_get_uint64 (value);
    return TRUE;
  case G_VARIANT_CLASS_INT16:
    n = g_variant_get_int16 (value);
    break;
  case G_VARIANT_CLASS_INT32:
    n = g_variant_get_int32 (value);
    break;
  case G_VARIANT_CLASS_INT64:
    n = g_variant_get_int64 (value);
    break;
  default:
    return linx_request_wrong_type (key, "an integer", value, error);
  }
  if (n < 0)
    return linx_error_set_args (error, "'%s' must not be negative", key);
  *number = (guint64)n;
  return TRUE;
}

gboolean
linx_request_check_path (const char *name, const char *path, GError **error)
{
  if (path[0] == '\0')
    return linx_error_set_args (error, "'%s' is empty", name);
  if (path[0] != '/')
    return linx_error_set_args (error, "'%s' must be an absolute path: '%s'", name, path);
  if (strlen (path) >= PATH_MAX)
    return linx_error_set_args (error, "'%s' is longer than %d bytes", name, PATH_MAX - 1);
  return TRUE;
}

gboolean
linx_request_take_handle (LinxRequest *request, const char *key, GVariant *value, int *fd,
                          GError **error)
{
  gint32 handle = g_variant_get_handle (value);

  if (request->fds == NULL || handle < 0 || (guint)handle >= request->fds->n)
    return linx_error_set_args (error, "'%s': its file descriptor did not come with the message",
                                key);
  *fd = request->fds->fd[handle];
  return TRUE;
}

static gboolean
take_where_name (const char *key, const char *name, LinxWhere *where, GError **error)
{
  if (g_str_equal (name, "self")) {
    where->kind = LINX_WHERE_SELF;
    return TRUE;
  }
  if (g_str_equal (name, "host")) {
    where->kind = LINX_WHERE_HOST;
    return TRUE;
  }
  if (name[0] != '/')
    return linx_error_set_args (error,
                                "'%s' must be 'self', 'host', an absolute path, a process id or a "
                                "file descriptor, not '%s'",
                                key, name);
  where->kind = LINX_WHERE_PATH;
  where->path = g_strdup (name);
  return linx_request_check_path (key, name, error);
}

gboolean
linx_request_take_where (LinxRequest *request, const char *key, GVariant *value, gpointer field,
                         GError **error)
{
  LinxWhere *where = field;
  guint64 number;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return take_where_name (key, g_variant_get_string (value, NULL), where, error);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE)) {
    where->kind = LINX_WHERE_FD;
    return linx_request_take_handle (request, key, value, &where->fd, error);
  }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    return linx_request_wrong_type (key, "a string, an integer or a file descriptor", value, error);
  if (!linx_request_get_unsigned (key, value, &number, error))
    return FALSE;
  if (number < 1 || number > G_MAXINT32)
    return linx_error_set_args (error, "'%s' must be a process id, not %" G_GUINT64_FORMAT, key,
                                number);
  where->kind = LINX_WHERE_PID;
  where->pid = (pid_t)number;
  return TRUE;
}

/* A process, or with @key "idmap" a user namespace: no name and no path. */
gboolean
linx_request_take_process (LinxRequest *request, const char *key, GVariant *value, gpointer field,
                           GError **error)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return linx_request_wrong_type (key, "a process id or a file descriptor", value, error);
  return linx_request_take_where (request, key, value, field, error);
}
