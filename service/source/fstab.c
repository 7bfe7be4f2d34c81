/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/fstab.h"
#include "linx-error.h"
#include "request/request-decode.h"
#include "source/filesystem-types.h"

#include <errno.h>
#include <libmount.h>

typedef struct libmnt_table FstabTable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FstabTable, mnt_unref_table)

gboolean
linx_fstab_is_wanted (const LinxRequest *request)
{
  return request->method->bit == LINX_VERB_MOUNT && request->source.fd < 0 && request->target.fd < 0
         && (request->fstype[0] == '\0' || request->source.path[0] == '\0');
}

gboolean
linx_fstab_is_needed (const LinxRequest *request)
{
  return request->target.path[0] == '\0'
         || (request->source.path[0] == '\0'
             && (request->fstype[0] == '\0'
                 || linx_filesystem_type_need (request->fstype) == LINX_TYPE_DEVICE));
}

/* One word may be the place or the source, as for mount(8). @by_source: it was the source */
static struct libmnt_fs *
find (struct libmnt_table *table, const LinxRequest *request, gboolean *by_source)
{
  const char *source = request->source.path, *target = request->target.path;
  struct libmnt_fs *line;

  *by_source = FALSE;
  if (source[0] != '\0' && target[0] != '\0')
    return mnt_table_find_pair (table, source, target, MNT_ITER_FORWARD);
  if (source[0] != '\0')
    return mnt_table_find_source (table, source, MNT_ITER_FORWARD);
  line = mnt_table_find_target (table, target, MNT_ITER_FORWARD);
  if (line != NULL || request->fstype[0] != '\0')
    return line;
  *by_source = TRUE;
  return mnt_table_find_source (table, target, MNT_ITER_FORWARD);
}

/* The caller's dictionary, with the line's options before its own. */
static GVariant *
with_options (GVariant *dictionary, const char *line_options)
{
  g_auto (GVariantBuilder) all = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GString) options = g_string_new (line_options);
  GVariantIter iter;
  const char *key;
  GVariant *child;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &child)) {
    g_autoptr (GVariant) value = child;

    if (g_str_equal (key, "options"))
      g_string_append_printf (options, "%s%s", options->len > 0 ? "," : "",
                              g_variant_get_string (value, NULL));
    else
      g_variant_builder_add (&all, "{sv}", key, value);
  }
  g_variant_builder_add (&all, "{sv}", "options", g_variant_new_string (options->str));
  return g_variant_builder_end (&all);
}

static const char *
text_or (const char *given, const char *otherwise)
{
  return given[0] != '\0' || otherwise == NULL ? given : otherwise;
}

static LinxRequest *
decode_with (LinxRequest *request, struct libmnt_fs *line, gboolean by_source, GError **error)
{
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (request->arguments, 3);
  const char *source, *target, *fstype;
  const char *options = mnt_fs_get_options (line) != NULL ? mnt_fs_get_options (line) : "";
  g_autoptr (LinxOptions) line_options = NULL;
  g_autoptr (GVariant) all = NULL;

  g_variant_get_child (request->arguments, 0, "&s", &source);
  g_variant_get_child (request->arguments, 1, "&s", &target);
  g_variant_get_child (request->arguments, 2, "&s", &fstype);
  source = text_or (source, mnt_fs_get_source (line));
  /* What `raw` gives stays there. */
  if (by_source || request->target.path[0] == '\0')
    target = mnt_fs_get_target (line);
  fstype = text_or (fstype, mnt_fs_get_fstype (line));
  if (!g_utf8_validate (source, -1, NULL) || !g_utf8_validate (target, -1, NULL)
      || !g_utf8_validate (options, -1, NULL) || !g_utf8_validate (fstype, -1, NULL)) {
    linx_error_set (error, LINX_MOUNT_STAGE_FSTAB, EILSEQ, "/etc/fstab", "the line is not UTF-8");
    return NULL;
  }
  /* A list of its own: what is broken in it takes nothing of the caller's along. */
  line_options = linx_options_parse (options, error);
  if (line_options == NULL)
    return NULL;
  all = g_variant_ref_sink (
      g_variant_new ("(sss@a{sv})", source, target, fstype, with_options (dictionary, options)));
  return linx_request_decode_again (request, all, error);
}

/* A line of another type is another line. */
static gboolean
is_of_type (struct libmnt_fs *line, const LinxRequest *request)
{
  return request->fstype[0] == '\0' || g_strcmp0 (mnt_fs_get_fstype (line), request->fstype) == 0
         || linx_fstab_is_needed (request);
}

/* Devices, tags, links and other names of one thing are the same: libmount's cache tells, with the
 * caller's credentials. */
LinxRequest *
linx_fstab_complete (LinxRequest *request, GError **error)
{
  g_autoptr (FstabTable) table = mnt_new_table ();
  struct libmnt_cache *cache = mnt_new_cache ();
  struct libmnt_fs *line = NULL;
  gboolean by_source = FALSE;

  if (table != NULL && mnt_table_set_cache (table, cache) == 0
      && mnt_table_parse_fstab (table, "/etc/fstab") == 0)
    line = find (table, request, &by_source);
  mnt_unref_cache (cache);
  if (line != NULL && is_of_type (line, request))
    return decode_with (request, line, by_source, error);
  if (!linx_fstab_is_needed (request))
    return linx_request_ref (request);
  linx_error_set (error, LINX_MOUNT_STAGE_FSTAB, ENOENT,
                  text_or (request->target.path, request->source.path),
                  "there is no line for it in /etc/fstab");
  return NULL;
}
