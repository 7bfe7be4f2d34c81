/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/request-arguments.h"
#include "linx-error.h"
#include "request/request-values.h"

#include <limits.h>
#include <string.h>
#include <sys/mount.h>

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

/* A source that may be any word, or a descriptor. */
static gboolean
take_source (LinxRequest *request, GVariant *arguments, GError **error)
{
  LinxNamed *source = &request->source;

  if (!take_string_or_raw (request, arguments, 0, "source", &source->path, error))
    return FALSE;
  if (source->fd >= 0 && source->path[0] != '\0')
    return linx_error_set_args (error, "'source' must be \"\" where a file descriptor gives it");
  return strlen (source->path) < PATH_MAX
             ? TRUE
             : linx_error_set_args (error, "'source' is longer than %d bytes", PATH_MAX - 1);
}

/* What fstab(5) knows may be left out: the type, and with it the source or the target. */
static gboolean
take_target_or_none (LinxRequest *request, GVariant *arguments, GError **error)
{
  const char *given;
  gboolean in_fstab = request->fstype[0] == '\0' && request->source.path[0] != '\0';

  g_variant_get_child (arguments, 1, "&s", &given);
  if (given[0] == '\0' && in_fstab && request->target.fd < 0
      && (request->raw == NULL || !g_hash_table_contains (request->raw, "target"))) {
    request->target.path = g_strdup ("");
    return TRUE;
  }
  return take_named (request, arguments, 1, "target", &request->target, error);
}

static gboolean
is_none (const char *word)
{
  return word[0] == '\0' || g_str_equal (word, "none");
}

/* mount(8): an operation word among the options makes it that operation. Propagation words alone do
 * so too; beside a new mount they are its last step. */
static gboolean
become (LinxRequest *request, GError **error)
{
  static const char *const methods[] = {
    [LINX_OPERATION_BIND] = "Bind",
    [LINX_OPERATION_RBIND] = "Bind",
    [LINX_OPERATION_MOVE] = "Move",
    [LINX_OPERATION_REMOUNT] = "Remount",
  };
  const LinxOptions *options = request->options;
  gboolean nothing_new
      = request->source.fd < 0 && is_none (request->source.path) && is_none (request->fstype);

  if (options->operation != LINX_OPERATION_NONE)
    request->method = linx_method_find (methods[options->operation]);
  else if (options->propagation != 0 && nothing_new)
    request->method = linx_method_find ("SetPropagation");
  else
    return TRUE;
  request->recursive = options->operation == LINX_OPERATION_RBIND;
  request->superblock = options->operation == LINX_OPERATION_REMOUNT && !options->attributes_only;
  if (request->method->bit == LINX_VERB_SET_PROPAGATION)
    request->recursive = options->propagation_recursive;
  if (request->target.path != NULL && request->target.path[0] == '\0')
    return linx_error_set_args (error, "'target' is empty");
  if ((request->method->bit & (LINX_VERB_BIND | LINX_VERB_MOVE)) != 0 && request->source.fd < 0)
    return linx_request_check_path ("source", request->source.path, error);
  return TRUE;
}

/* "xfs,ext4": which of them it is shows when the source is read, as with no type at all. */
static gboolean
take_type_list (LinxRequest *request, GError **error)
{
  request->list.fstypes = g_strsplit (request->fstype, ",", -1);
  for (char **type = request->list.fstypes; *type != NULL; type++)
    if (!check_fstype (*type, error))
      return FALSE;
  request->fstype[0] = '\0';
  return TRUE;
}

static gboolean
decode_mount (LinxRequest *request, GVariant *arguments, GError **error)
{
  g_variant_get_child (arguments, 2, "s", &request->fstype);
  if (strchr (request->fstype, ',') != NULL && !take_type_list (request, error))
    return FALSE;
  if (g_str_equal (request->fstype, "auto"))
    request->fstype[0] = '\0';
  if (!take_source (request, arguments, error) || !take_target_or_none (request, arguments, error))
    return FALSE;
  if (!become (request, error))
    return FALSE;
  return request->method->bit != LINX_VERB_MOUNT || request->fstype[0] == '\0'
         || check_fstype (request->fstype, error);
}

static gboolean
decode_create (LinxRequest *request, GVariant *arguments, GError **error)
{
  if (!take_source (request, arguments, error))
    return FALSE;
  g_variant_get_child (arguments, 1, "s", &request->fstype);
  return check_fstype (request->fstype, error);
}

static gboolean
decode_bind (LinxRequest *request, GVariant *arguments, GError **error)
{
  return take_named (request, arguments, 0, "source", &request->source, error)
         && take_named (request, arguments, 1, "target", &request->target, error);
}

static gboolean
decode_clone (LinxRequest *request, GVariant *arguments, GError **error)
{
  return take_named (request, arguments, 0, "source", &request->source, error);
}

static gboolean
decode_attach (LinxRequest *request, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) mount = g_variant_get_child_value (arguments, 0);

  return linx_request_take_handle (request, "mount", mount, &request->source.fd, error)
         && take_named (request, arguments, 1, "target", &request->target, error);
}

static gboolean
decode_remount (LinxRequest *request, GVariant *arguments, GError **error)
{
  return take_named (request, arguments, 0, "target", &request->target, error);
}

static gboolean
decode_umount (LinxRequest *request, GVariant *arguments, GError **error)
{
  if (!take_named (request, arguments, 0, "target", &request->target, error))
    return FALSE;
  if (request->umount.expire && (request->umount.detach || request->umount.force))
    return linx_error_set_args (error, "'expire' goes with neither 'detach' nor 'force'");
  if (request->umount.expire && request->recursive)
    return linx_error_set_args (error, "'expire' does not go with 'recursive'");
  return TRUE;
}

static gboolean
decode_propagation (LinxRequest *request, GVariant *arguments, GError **error)
{
  const char *word;

  g_variant_get_child (arguments, 1, "&s", &word);
  request->propagation = linx_propagation_flag (word);
  if (request->propagation == 0)
    return linx_error_set_args (
        error, "'propagation' must be 'private', 'shared', 'slave' or 'unbindable', not '%s'",
        word);
  return take_named (request, arguments, 0, "target", &request->target, error);
}

static gboolean
decode_rprivate (LinxRequest *request, GVariant *arguments, GError **error)
{
  request->propagation = MS_PRIVATE;
  request->recursive = TRUE;
  return take_named (request, arguments, 0, "target", &request->target, error);
}

/* put_old may be "": the old root is stacked on the new one, and detached. */
static gboolean
decode_pivot (LinxRequest *request, GVariant *arguments, GError **error)
{
  const char *put_old;
  gboolean named_otherwise
      = request->put_old.fd >= 0
        || (request->raw != NULL && g_hash_table_contains (request->raw, "put_old"));

  g_variant_get_child (arguments, 1, "&s", &put_old);
  if (put_old[0] == '\0' && !named_otherwise)
    request->pivot.detach_old = TRUE;
  else if (!take_named (request, arguments, 1, "put_old", &request->put_old, error))
    return FALSE;
  return take_named (request, arguments, 0, "new_root", &request->target, error);
}

/* A filter, which is a key, given as bytes. */
static gboolean
take_raw_filter (LinxRequest *request, const char *key, char **text, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *raw = NULL;

  if (request->raw == NULL
      || !g_hash_table_steal_extended (request->raw, key, (gpointer *)&name, (gpointer *)&raw))
    return TRUE;
  if (*text != NULL)
    return linx_error_set_args (error, "'%s' is given twice: 'raw' has it too", key);
  *text = g_steal_pointer (&raw);
  return TRUE;
}

/* One that is compared with where mounts are: "/a//b/" and "/a/b" are the same. */
static gboolean
take_place_filter (LinxRequest *request, const char *key, char **path, GError **error)
{
  g_autofree char *given = NULL;

  if (!take_raw_filter (request, key, path, error))
    return FALSE;
  given = g_steal_pointer (path);
  if (given == NULL)
    return TRUE;
  if (!linx_request_check_path (key, given, error))
    return FALSE;
  *path = g_canonicalize_filename (given, "/");
  return TRUE;
}

static gboolean
decode_list (LinxRequest *request, GVariant *arguments, GError **error)
{
  (void)arguments;
  return take_raw_filter (request, "source", &request->source.path, error)
         && take_place_filter (request, "target", &request->list.at, error)
         && take_place_filter (request, "under", &request->list.under, error)
         && take_raw_filter (request, "covering", &request->target.path, error)
         && (request->target.path == NULL
             || linx_request_check_path ("covering", request->target.path, error));
}

static gboolean
decode_unwatch (LinxRequest *request, GVariant *arguments, GError **error)
{
  (void)error;
  g_variant_get_child (arguments, 0, "t", &request->watch);
  return TRUE;
}

static const struct {
  guint method;
  gboolean (*decode) (LinxRequest *request, GVariant *arguments, GError **error);
} decoders[] = {
  { LINX_VERB_MOUNT, decode_mount },
  { LINX_VERB_BIND, decode_bind },
  { LINX_VERB_REMOUNT, decode_remount },
  { LINX_VERB_MOVE, decode_bind },
  { LINX_VERB_UMOUNT, decode_umount },
  { LINX_VERB_SET_PROPAGATION, decode_propagation },
  { LINX_VERB_MAKE_RPRIVATE, decode_rprivate },
  { LINX_VERB_PIVOT_ROOT, decode_pivot },
  { LINX_VERB_CREATE_MOUNT, decode_create },
  { LINX_VERB_CLONE_MOUNT, decode_clone },
  { LINX_VERB_ATTACH_MOUNT, decode_attach },
  { LINX_VERB_LIST_MOUNTS, decode_list },
  { LINX_VERB_OPEN_MOUNT_INFO, decode_list },
  { LINX_VERB_WATCH, decode_list },
  { LINX_VERB_UNWATCH, decode_unwatch },
};

gboolean
linx_request_decode_arguments (LinxRequest *request, GVariant *arguments, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (decoders); i++)
    if (decoders[i].method == request->called->bit)
      return decoders[i].decode (request, arguments, error);
  g_assert_not_reached ();
}
