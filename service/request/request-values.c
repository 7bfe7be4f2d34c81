/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/request-values.h"
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

/* The rest of @text after a process id; NULL where it is none. */
static const char *
take_pid (const char *text, pid_t *pid)
{
  char *rest;
  guint64 number = g_ascii_strtoull (text, &rest, 10);

  if (!g_ascii_isdigit (text[0]) || number < 1 || number > G_MAXINT32)
    return NULL;
  *pid = (pid_t)number;
  return rest;
}

/* What people have at hand: "/proc/PID/ns/mnt" is that process, "/proc/PID/task/TID/ns/mnt" that
 * thread of it, "/proc/self/ns/mnt" who asks. Taken by the text alone, with the numbers of the
 * service's pid namespace: no link is followed. */
static gboolean
take_proc_file (const char *name, LinxWhere *where)
{
  const char *rest = name + strlen ("/proc/");
  pid_t pid, thread = 0;

  if (g_str_equal (name, "/proc/self/ns/mnt")) {
    where->kind = LINX_WHERE_SELF;
    return TRUE;
  }
  rest = g_str_has_prefix (name, "/proc/") ? take_pid (rest, &pid) : NULL;
  if (rest != NULL && g_str_has_prefix (rest, "/task/"))
    rest = take_pid (rest + strlen ("/task/"), &thread);
  if (rest == NULL || !g_str_equal (rest, "/ns/mnt"))
    return FALSE;
  where->kind = LINX_WHERE_PID;
  where->pid = thread != 0 ? thread : pid;
  where->leader = thread != 0 ? pid : 0;
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
  if (take_proc_file (name, where))
    return TRUE;
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
