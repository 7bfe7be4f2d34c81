/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"
#include "linx-error.h"
#include "path.h"
#include "request-keys.h"
#include "verb.h"

#include <limits.h>
#include <string.h>
#include <sys/mount.h>

/* What a call may bring: two long paths and all else. The details that polkit gets hold it several
 * times, escaped, and the bus cuts off who sends it more than 32 MiB. */
#define MOST_ARGUMENT_BYTES 65536

/* What fsconfig(2) takes as a string: strndup_user (value, 256), fs/fsopen.c. */
#define MOST_SOURCE_BYTES 255

#define DEFAULT_TIMEOUT_MS 20000

void
linx_request_unref (LinxRequest *request)
{
  if (!g_atomic_ref_count_dec (&request->ref))
    return;
  g_free (request->source);
  g_free (request->target.path);
  g_free (request->put_old.path);
  g_free (request->fstype);
  g_free (request->in.path);
  g_clear_pointer (&request->options, linx_options_free);
  g_strfreev (request->fstypes);
  g_free (request->at);
  g_free (request->under);
  g_strfreev (request->fields);
  g_clear_pointer (&request->fds, linx_message_fds_unref);
  g_clear_pointer (&request->raw, g_hash_table_unref);
  g_free (request);
}

LinxRequest *
linx_request_ref (LinxRequest *request)
{
  g_atomic_ref_count_inc (&request->ref);
  return request;
}

const char *
linx_named_text (const LinxNamed *named)
{
  return named->path != NULL ? named->path : "file descriptor";
}

guint
linx_request_path_flags (const LinxRequest *request)
{
  return request->no_symlinks ? LINX_PATH_NO_SYMLINKS : 0;
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

static gboolean
check_fstype (const char *fstype, GError **error)
{
  if (fstype[0] == '\0')
    return linx_error_set_args (error, "'fstype' is empty");
  for (const char *p = fstype; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("._-", *p) == NULL)
      return linx_error_set_args (error, "'fstype' is no name of a filesystem type: '%s'", fstype);
  return TRUE;
}

/* The string, the raw bytes or the descriptor: one of them, and then the string is "". */
static gboolean
take_string_or_raw (LinxRequest *request, GVariant *arguments, gsize index, const char *name,
                    char **text, GError **error)
{
  g_autofree char *raw_name = NULL;
  g_autofree char *raw = NULL;

  g_variant_get_child (arguments, index, "s", text);
  if (request->raw == NULL
      || !g_hash_table_steal_extended (request->raw, name, (gpointer *)&raw_name, (gpointer *)&raw))
    return TRUE;
  if ((*text)[0] != '\0')
    return linx_error_set_args (error, "'%s' must be \"\" where 'raw' gives it", name);
  g_free (*text);
  *text = g_steal_pointer (&raw);
  return TRUE;
}

static gboolean
take_named (LinxRequest *request, GVariant *arguments, gsize index, const char *name,
            LinxNamed *named, GError **error)
{
  if (!take_string_or_raw (request, arguments, index, name, &named->path, error))
    return FALSE;
  if (named->fd < 0)
    return linx_request_check_path (name, named->path, error);
  if (named->path[0] != '\0')
    return linx_error_set_args (error, "'%s' must be \"\" where a file descriptor gives it", name);
  g_clear_pointer (&named->path, g_free);
  return TRUE;
}

static gboolean
check_raw_used (const LinxRequest *request, GError **error)
{
  GHashTableIter iter;
  gpointer name;

  if (request->raw == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, request->raw);
  if (g_hash_table_iter_next (&iter, &name, NULL))
    return linx_error_set_args (error, "'raw' names no argument with a path: '%s'",
                                (const char *)name);
  return TRUE;
}

/* What no caller may pass, whoever it is. */
static gboolean
check_fs_options (const LinxOptions *options, GError **error)
{
  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    if (linx_options_names_fd (option))
      return linx_error_set_args (error, "option '%s' would name a descriptor of the service",
                                  option->name);
    if (g_str_equal (option->name, "source"))
      return linx_error_set_args (error, "option 'source' is the argument 'source'");
  }
  return TRUE;
}

gboolean
linx_request_decode_mount (LinxRequest *request, GVariant *arguments, GError **error)
{
  if (!take_string_or_raw (request, arguments, 0, "source", &request->source, error)
      || !take_named (request, arguments, 1, "target", &request->target, error))
    return FALSE;
  g_variant_get_child (arguments, 2, "s", &request->fstype);
  if (request->options == NULL)
    request->options = linx_options_parse ("", NULL);
  if (request->options->make_directory && request->create == LINX_CREATE_NOTHING)
    request->create = LINX_CREATE_DIRECTORY;
  if (strlen (request->source) > MOST_SOURCE_BYTES)
    return linx_error_set_args (error, "'source' is longer than %d bytes", MOST_SOURCE_BYTES);
  if (request->target.fd >= 0 && request->create != LINX_CREATE_NOTHING)
    return linx_error_set_args (error, "'create' does not go with 'target-fd'");
  return check_fstype (request->fstype, error) && check_fs_options (request->options, error);
}

gboolean
linx_request_decode_umount (LinxRequest *request, GVariant *arguments, GError **error)
{
  if (!take_named (request, arguments, 0, "target", &request->target, error))
    return FALSE;
  if (request->expire && (request->detach || request->force))
    return linx_error_set_args (error, "'expire' goes with neither 'detach' nor 'force'");
  return TRUE;
}

gboolean
linx_request_decode_propagation (LinxRequest *request, GVariant *arguments, GError **error)
{
  static const struct {
    const char *word;
    int flag;
  } kinds[] = {
    { "private", MS_PRIVATE },
    { "shared", MS_SHARED },
    { "slave", MS_SLAVE },
    { "unbindable", MS_UNBINDABLE },
  };
  const char *word;

  g_variant_get_child (arguments, 1, "&s", &word);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].word, word))
      request->propagation = kinds[i].flag;
  if (request->propagation == 0)
    return linx_error_set_args (
        error, "'propagation' must be 'private', 'shared', 'slave' or 'unbindable', not '%s'",
        word);
  return take_named (request, arguments, 0, "target", &request->target, error);
}

gboolean
linx_request_decode_rprivate (LinxRequest *request, GVariant *arguments, GError **error)
{
  request->propagation = MS_PRIVATE;
  request->recursive = TRUE;
  return take_named (request, arguments, 0, "target", &request->target, error);
}

/* put_old may be "": the old root is stacked on the new one, and detached. */
gboolean
linx_request_decode_pivot (LinxRequest *request, GVariant *arguments, GError **error)
{
  const char *put_old;
  gboolean named_otherwise
      = request->put_old.fd >= 0
        || (request->raw != NULL && g_hash_table_contains (request->raw, "put_old"));

  g_variant_get_child (arguments, 1, "&s", &put_old);
  if (put_old[0] == '\0' && !named_otherwise)
    request->detach_old = TRUE;
  else if (!take_named (request, arguments, 1, "put_old", &request->put_old, error))
    return FALSE;
  return take_named (request, arguments, 0, "new_root", &request->target, error);
}

gboolean
linx_request_decode_list (LinxRequest *request, GVariant *arguments, GError **error)
{
  (void)request;
  (void)arguments;
  (void)error;
  return TRUE;
}

static gboolean
decode (LinxRequest *request, GVariant *arguments, GError **error)
{
  gsize n = g_variant_n_children (arguments);
  g_autoptr (GVariant) last = n > 0 ? g_variant_get_child_value (arguments, n - 1) : NULL;

  if (last != NULL && g_variant_is_of_type (last, G_VARIANT_TYPE_VARDICT)
      && !linx_request_decode_keys (request, last, error))
    return FALSE;
  return request->verb->decode (request, arguments, error) && check_raw_used (request, error);
}

/* Can: the request that it asks about, marked as only asked about. */
gboolean
linx_request_decode_can (LinxRequest *request, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) boxed = g_variant_get_child_value (arguments, 1);
  g_autoptr (GVariant) inner = g_variant_get_variant (boxed);
  const char *method;
  g_autofree char *signature = NULL;

  g_variant_get_child (arguments, 0, "&s", &method);
  request->verb = linx_verb_find (method);
  request->only_ask = TRUE;
  if (request->verb == NULL || request->verb->perform == NULL)
    return linx_error_set_args (error, "'method' names no method that can be asked about: '%s'",
                                method);
  signature = linx_verb_signature (request->verb);
  if (!g_str_equal (g_variant_get_type_string (inner), signature))
    return linx_error_set_args (error, "'arguments' of %s must be of type '%s', not '%s'", method,
                                signature, g_variant_get_type_string (inner));
  return decode (request, inner, error);
}

LinxRequest *
linx_request_decode (const LinxVerb *verb, GVariant *arguments, LinxMessageFds *fds, GError **error)
{
  g_autoptr (LinxRequest) request = NULL;

  if (g_variant_get_size (arguments) > MOST_ARGUMENT_BYTES) {
    linx_error_set_args (error, "the arguments of %s are larger than %d bytes", verb->method,
                         MOST_ARGUMENT_BYTES);
    return NULL;
  }
  request = g_new0 (LinxRequest, 1);
  g_atomic_ref_count_init (&request->ref);
  request->verb = verb;
  request->timeout_ms = DEFAULT_TIMEOUT_MS;
  request->in.kind = LINX_WHERE_SELF;
  request->in.fd = request->process.fd = request->idmap.fd = -1;
  request->target.fd = request->put_old.fd = -1;
  if (fds != NULL)
    request->fds = linx_message_fds_ref (fds);
  return decode (request, arguments, error) ? g_steal_pointer (&request) : NULL;
}
