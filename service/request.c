/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"
#include "linx-error.h"
#include "path.h"
#include "row.h"
#include "verb.h"

#include <limits.h>
#include <string.h>
#include <sys/mount.h>

/* What a call may bring: two long paths and all else. The details that polkit gets hold it several
 * times, escaped, and the bus cuts off who sends it more than 32 MiB. */
#define MOST_ARGUMENT_BYTES 65536

#define DEFAULT_TIMEOUT_MS 20000
#define MOST_TIMEOUT_MS 600000

/* Takes the value of one key into its field. @key is for the error. */
typedef gboolean (*Take) (LinxRequest *request, const char *key, GVariant *value, gpointer field,
                          GError **error);

typedef struct {
  const char *name;
  guint verbs;
  Take take;
  gsize offset;
} Key;

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

static gboolean
wrong_type (const char *key, const char *wanted, GVariant *value, GError **error)
{
  return linx_error_set_args (error, "'%s' must be %s, not of type '%s'", key, wanted,
                              g_variant_get_type_string (value));
}

static gboolean
check_path (const char *name, const char *path, GError **error)
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
get_unsigned (const char *key, GVariant *value, guint64 *number, GError **error)
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
    return wrong_type (key, "an integer", value, error);
  }
  if (n < 0)
    return linx_error_set_args (error, "'%s' must not be negative", key);
  *number = (guint64)n;
  return TRUE;
}

static gboolean
take_boolean (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  (void)request;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return wrong_type (key, "a boolean", value, error);
  *(gboolean *)field = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
take_string (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  (void)request;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return wrong_type (key, "a string", value, error);
  *(char **)field = g_variant_dup_string (value, NULL);
  return TRUE;
}

/* A path that is compared, not looked up: "/a//b/" and "/a/b" are the same. */
static gboolean
take_filter_path (LinxRequest *request, const char *key, GVariant *value, gpointer field,
                  GError **error)
{
  g_autofree char *given = NULL;

  if (!take_string (request, key, value, &given, error) || !check_path (key, given, error))
    return FALSE;
  *(char **)field = g_canonicalize_filename (given, "/");
  return TRUE;
}

static gboolean
take_strings (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  (void)request;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return wrong_type (key, "an array of strings", value, error);
  *(GStrv *)field = g_variant_dup_strv (value, NULL);
  return TRUE;
}

static gboolean
take_fields (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  if (!take_strings (request, key, value, field, error))
    return FALSE;
  for (char **name = request->fields; *name != NULL; name++)
    if (!linx_row_is_key (*name))
      return linx_error_set_args (error, "'%s' names no key of a row: '%s'", key, *name);
  return TRUE;
}

static gboolean
take_uint64 (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  (void)request;
  return get_unsigned (key, value, field, error);
}

static gboolean
take_limit (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  guint64 number;

  (void)request;
  if (!get_unsigned (key, value, &number, error))
    return FALSE;
  if (number < 1 || number > G_MAXUINT)
    return linx_error_set_args (error, "'%s' must be from 1 to %u", key, G_MAXUINT);
  *(guint *)field = (guint)number;
  return TRUE;
}

static gboolean
take_timeout (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  guint64 number;

  (void)request;
  if (!get_unsigned (key, value, &number, error))
    return FALSE;
  if (number < 1 || number > MOST_TIMEOUT_MS)
    return linx_error_set_args (error, "'%s' must be from 1 to %d milliseconds", key,
                                MOST_TIMEOUT_MS);
  *(guint *)field = (guint)number;
  return TRUE;
}

static gboolean
take_id (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  LinxId *id = field;

  (void)request;
  id->given = TRUE;
  return get_unsigned (key, value, &id->value, error);
}

static gboolean
take_options (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  g_autofree char *list = NULL;

  if (!take_string (request, key, value, &list, error))
    return FALSE;
  *(LinxOptions **)field = linx_options_parse (list, error);
  return *(LinxOptions **)field != NULL;
}

static gboolean
take_create (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  g_autofree char *word = NULL;

  if (!take_string (request, key, value, &word, error))
    return FALSE;
  if (g_str_equal (word, "file"))
    *(LinxCreate *)field = LINX_CREATE_FILE;
  else if (g_str_equal (word, "directory"))
    *(LinxCreate *)field = LINX_CREATE_DIRECTORY;
  else
    return linx_error_set_args (error, "'%s' must be 'file' or 'directory', not '%s'", key, word);
  return TRUE;
}

static gboolean
take_handle (LinxRequest *request, const char *key, GVariant *value, int *fd, GError **error)
{
  gint32 handle = g_variant_get_handle (value);

  if (request->fds == NULL || handle < 0 || (guint)handle >= request->fds->n)
    return linx_error_set_args (error, "'%s': its file descriptor did not come with the message",
                                key);
  *fd = request->fds->fd[handle];
  return TRUE;
}

static gboolean
take_fd (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE))
    return wrong_type (key, "a file descriptor", value, error);
  return take_handle (request, key, value, field, error);
}

static gboolean
take_raw (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  (void)field;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{say}")))
    return wrong_type (key, "a dictionary of byte arrays, 'a{say}'", value, error);
  request->raw = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&s@ay}", &name, &child)) {
    g_autoptr (GVariant) bytes = child;
    gsize n;
    const char *data = g_variant_get_fixed_array (bytes, &n, 1);

    if (n > 0 && data[n - 1] == '\0')
      n--;
    if (n > 0 && memchr (data, '\0', n) != NULL)
      return linx_error_set_args (error, "'%s': '%s' has a zero byte in it", key, name);
    g_hash_table_replace (request->raw, g_strdup (name), g_strndup (n > 0 ? data : "", n));
  }
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
  return check_path (key, name, error);
}

static gboolean
take_where (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  LinxWhere *where = field;
  guint64 number;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return take_where_name (key, g_variant_get_string (value, NULL), where, error);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE)) {
    where->kind = LINX_WHERE_FD;
    return take_handle (request, key, value, &where->fd, error);
  }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    return wrong_type (key, "a string, an integer or a file descriptor", value, error);
  if (!get_unsigned (key, value, &number, error))
    return FALSE;
  if (number < 1 || number > G_MAXINT32)
    return linx_error_set_args (error, "'%s' must be a process id, not %" G_GUINT64_FORMAT, key,
                                number);
  where->kind = LINX_WHERE_PID;
  where->pid = (pid_t)number;
  return TRUE;
}

/* A process, or with @key "idmap" a user namespace: no name and no path. */
static gboolean
take_process (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return wrong_type (key, "a process id or a file descriptor", value, error);
  return take_where (request, key, value, field, error);
}

#define FIELD(name) G_STRUCT_OFFSET (LinxRequest, name)

static const Key keys[] = {
  { "in", LINX_VERBS_ALL, take_where, FIELD (in) },
  { "timeout", LINX_VERBS_ALL, take_timeout, FIELD (timeout_ms) },
  { "raw", LINX_VERBS_WITH_PATHS, take_raw, 0 },
  { "target-fd", LINX_VERBS_WITH_TARGET_FD, take_fd, FIELD (target.fd) },
  { "new-root-fd", LINX_VERB_PIVOT_ROOT, take_fd, FIELD (target.fd) },
  { "put-old-fd", LINX_VERB_PIVOT_ROOT, take_fd, FIELD (put_old.fd) },
  { "make-rprivate", LINX_VERB_PIVOT_ROOT, take_boolean, FIELD (make_rprivate) },
  { "bind-new-root", LINX_VERB_PIVOT_ROOT, take_boolean, FIELD (bind_new_root) },
  { "detach-old", LINX_VERB_PIVOT_ROOT, take_boolean, FIELD (detach_old) },
  { "recursive", LINX_VERB_SET_PROPAGATION, take_boolean, FIELD (recursive) },
  { "process", LINX_VERB_MOUNT, take_process, FIELD (process) },
  { "idmap", LINX_VERB_MOUNT, take_process, FIELD (idmap) },
  { "no-symlinks", LINX_VERBS_ALL, take_boolean, FIELD (no_symlinks) },
  { "options", LINX_VERB_MOUNT, take_options, FIELD (options) },
  { "create", LINX_VERB_MOUNT, take_create, FIELD (create) },
  { "detach", LINX_VERB_UMOUNT, take_boolean, FIELD (detach) },
  { "force", LINX_VERB_UMOUNT, take_boolean, FIELD (force) },
  { "expire", LINX_VERB_UMOUNT, take_boolean, FIELD (expire) },
  { "nofollow", LINX_VERB_UMOUNT, take_boolean, FIELD (nofollow) },
  { "id", LINX_VERB_UMOUNT | LINX_VERB_LIST_MOUNTS, take_id, FIELD (id) },
  { "fstype", LINX_VERB_LIST_MOUNTS, take_strings, FIELD (fstypes) },
  { "source", LINX_VERB_LIST_MOUNTS, take_string, FIELD (source) },
  { "target", LINX_VERB_LIST_MOUNTS, take_filter_path, FIELD (at) },
  { "under", LINX_VERB_LIST_MOUNTS, take_filter_path, FIELD (under) },
  { "fields", LINX_VERB_LIST_MOUNTS, take_fields, FIELD (fields) },
  { "limit", LINX_VERB_LIST_MOUNTS, take_limit, FIELD (limit) },
  { "after", LINX_VERB_LIST_MOUNTS, take_uint64, FIELD (after) },
};

static const Key *
find_key (guint verb, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if ((keys[i].verbs & verb) != 0 && g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

static gboolean
decode_dictionary (LinxRequest *request, GVariant *dictionary, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;
  guint64 seen = 0;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    g_autoptr (GVariant) value = child;
    const Key *key = find_key (request->verb->bit, name);
    guint64 bit = key != NULL ? 1ULL << (key - keys) : 0;

    if (key == NULL)
      return linx_error_set_args (error, "unknown option key '%s' of %s", name,
                                  request->verb->method);
    if ((seen & bit) != 0)
      return linx_error_set_args (error, "'%s' is given twice", name);
    seen |= bit;
    if (!key->take (request, name, value, G_STRUCT_MEMBER_P (request, key->offset), error))
      return FALSE;
  }
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
    return check_path (name, named->path, error);
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
  if (strlen (request->source) >= PATH_MAX)
    return linx_error_set_args (error, "'source' is longer than %d bytes", PATH_MAX - 1);
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
      && !decode_dictionary (request, last, error))
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
