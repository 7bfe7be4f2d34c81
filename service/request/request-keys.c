/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/request-keys.h"
#include "linx-error.h"
#include "request/request-values.h"
#include "table/row-writer.h"

#include <string.h>
#include <sys/mount.h>

#define MAX_TIMEOUT_MS 600000

/* Takes the value of one key into its field. @key is for the error. */
typedef gboolean (*Take) (LinxRequest *request, const char *key, GVariant *value, gpointer field,
                          GError **error);

typedef struct {
  const char *name;
  guint verbs;
  Take take;
  gsize offset;
} Key;

static gboolean
take_boolean (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  (void)request;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return linx_request_wrong_type (key, "a boolean", value, error);
  *(gboolean *)field = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
take_string (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  (void)request;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return linx_request_wrong_type (key, "a string", value, error);
  *(char **)field = g_variant_dup_string (value, NULL);
  return TRUE;
}

static gboolean
take_strings (LinxRequest *request, const char *key, GVariant *value, gpointer field,
              GError **error)
{
  (void)request;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return linx_request_wrong_type (key, "an array of strings", value, error);
  *(GStrv *)field = g_variant_dup_strv (value, NULL);
  return TRUE;
}

static gboolean
take_fields (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  if (!take_strings (request, key, value, field, error))
    return FALSE;
  for (char **name = request->list.fields; *name != NULL; name++)
    if (!linx_row_is_key (*name))
      return linx_error_set_args (error, "'%s' names no key of a row: '%s'", key, *name);
  return TRUE;
}

static gboolean
take_uint64 (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  (void)request;
  return linx_request_get_unsigned (key, value, field, error);
}

static gboolean
take_limit (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  guint64 number;

  (void)request;
  if (!linx_request_get_unsigned (key, value, &number, error))
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
  if (!linx_request_get_unsigned (key, value, &number, error))
    return FALSE;
  if (number < 1 || number > MAX_TIMEOUT_MS)
    return linx_error_set_args (error, "'%s' must be from 1 to %d milliseconds", key,
                                MAX_TIMEOUT_MS);
  *(guint *)field = (guint)number;
  return TRUE;
}

static gboolean
take_id (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  LinxId *id = field;

  (void)request;
  id->given = TRUE;
  return linx_request_get_unsigned (key, value, &id->value, error);
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
take_propagation (LinxRequest *request, const char *key, GVariant *value, gpointer field,
                  GError **error)
{
  g_autofree char *word = NULL;
  int flag;

  if (!take_string (request, key, value, &word, error))
    return FALSE;
  flag = linx_propagation_flag (word);
  if (flag != MS_PRIVATE && flag != MS_SLAVE)
    return linx_error_set_args (error, "'%s' must be 'private' or 'slave', not '%s'", key, word);
  *(int *)field = flag;
  return TRUE;
}

static gboolean
take_fd (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE))
    return linx_request_wrong_type (key, "a file descriptor", value, error);
  return linx_request_take_handle (request, key, value, field, error);
}

static gboolean
take_raw (LinxRequest *request, const char *key, GVariant *value, gpointer field, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  (void)field;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{say}")))
    return linx_request_wrong_type (key, "a dictionary of byte arrays, 'a{say}'", value, error);
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

#define FIELD(name) G_STRUCT_OFFSET (LinxRequest, name)

static const Key keys[] = {
  { "in", LINX_VERBS_ALL, linx_request_take_where, FIELD (in) },
  { "timeout", LINX_VERBS_ALL, take_timeout, FIELD (timeout_ms) },
  { "raw", LINX_VERBS_WITH_PATHS | LINX_VERB_LIST_MOUNTS, take_raw, 0 },
  { "source-fd", LINX_VERB_MOUNT | LINX_VERBS_CLONING, take_fd, FIELD (source.fd) },
  { "target-fd", LINX_VERBS_WITH_TARGET_FD, take_fd, FIELD (target.fd) },
  { "new-root-fd", LINX_VERB_PIVOT_ROOT, take_fd, FIELD (target.fd) },
  { "put-old-fd", LINX_VERB_PIVOT_ROOT, take_fd, FIELD (put_old.fd) },
  { "make-rprivate", LINX_VERB_PIVOT_ROOT, take_boolean, FIELD (pivot.make_rprivate) },
  { "bind-new-root", LINX_VERB_PIVOT_ROOT, take_boolean, FIELD (pivot.bind_new_root) },
  { "detach-old", LINX_VERB_PIVOT_ROOT, take_boolean, FIELD (pivot.detach_old) },
  { "recursive",
    LINX_VERBS_CLONING | LINX_VERB_REMOUNT | LINX_VERB_SET_PROPAGATION | LINX_VERB_UMOUNT,
    take_boolean, FIELD (recursive) },
  { "superblock", LINX_VERB_REMOUNT, take_boolean, FIELD (superblock) },
  { "from", LINX_VERBS_CLONING, linx_request_take_where, FIELD (from) },
  { "process", LINX_VERBS_MAKING, linx_request_take_process, FIELD (process) },
  { "idmap", LINX_VERBS_MAKING | LINX_VERBS_CLONING, linx_request_take_process, FIELD (idmap) },
  { "no-symlinks", LINX_VERBS_ALL, take_boolean, FIELD (no_symlinks) },
  { "options", LINX_VERBS_MAKING | LINX_VERBS_CLONING | LINX_VERB_ATTACH_MOUNT | LINX_VERB_REMOUNT,
    take_options, FIELD (options) },
  { "create", LINX_VERBS_PLACING, take_create, FIELD (create) },
  { "beneath", LINX_VERBS_PLACING | LINX_VERB_MOVE, take_boolean, FIELD (beneath) },
  { "exclusive", LINX_VERBS_MAKING, take_boolean, FIELD (exclusive) },
  { "propagation", LINX_VERBS_PLACING, take_propagation, FIELD (propagation) },
  { "detach", LINX_VERB_UMOUNT, take_boolean, FIELD (umount.detach) },
  { "force", LINX_VERB_UMOUNT, take_boolean, FIELD (umount.force) },
  { "expire", LINX_VERB_UMOUNT, take_boolean, FIELD (umount.expire) },
  { "nofollow", LINX_VERB_UMOUNT, take_boolean, FIELD (umount.nofollow) },
  { "id", LINX_VERB_UMOUNT | LINX_VERB_LIST_MOUNTS, take_id, FIELD (id) },
  { "fstype", LINX_VERB_LIST_MOUNTS, take_strings, FIELD (list.fstypes) },
  { "source", LINX_VERB_LIST_MOUNTS, take_string, FIELD (source.path) },
  { "target", LINX_VERB_LIST_MOUNTS, take_string, FIELD (list.at) },
  { "under", LINX_VERB_LIST_MOUNTS, take_string, FIELD (list.under) },
  { "covering", LINX_VERB_LIST_MOUNTS, take_string, FIELD (target.path) },
  { "fields", LINX_VERB_LIST_MOUNTS, take_fields, FIELD (list.fields) },
  { "limit", LINX_VERB_LIST_MOUNTS, take_limit, FIELD (list.limit) },
  { "after", LINX_VERB_LIST_MOUNTS, take_uint64, FIELD (list.after) },
};

static const Key *
find_key (guint verb, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if ((keys[i].verbs & verb) != 0 && g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

gboolean
linx_request_decode_keys (LinxRequest *request, GVariant *dictionary, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;
  guint64 seen = 0;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child)) {
    g_autoptr (GVariant) value = child;
    const Key *key = find_key (request->called->bit, name);
    guint64 bit = key != NULL ? 1ULL << (key - keys) : 0;

    if (key == NULL)
      return linx_error_set_args (error, "unknown option key '%s' of %s", name,
                                  request->called->name);
    if ((seen & bit) != 0)
      return linx_error_set_args (error, "'%s' is given twice", name);
    seen |= bit;
    if (!key->take (request, name, value, G_STRUCT_MEMBER_P (request, key->offset), error))
      return FALSE;
  }
  return TRUE;
}

gboolean
linx_request_check_keys (const LinxRequest *request, GVariant *dictionary, GError **error)
{
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    if (!g_str_equal (name, "options") && find_key (request->method->bit, name) == NULL)
      return linx_error_set_args (error, "'%s' does not go with the operation %s", name,
                                  request->method->operation);
  return TRUE;
}
