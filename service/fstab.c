/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fstab.h"
#include "device.h"
#include "linx-error.h"
#include "verb.h"

#include <errno.h>
#include <libmount.h>

typedef struct libmnt_table FstabTable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FstabTable, mnt_unref_table)

gboolean
linx_fstab_is_wanted (const LinxRequest *request)
{
  if (request->verb->bit != LINX_VERB_MOUNT || request->source.fd >= 0 || request->target.fd >= 0)
    return FALSE;
  return request->fstype[0] == '\0'
         || (request->source.path[0] == '\0' && linx_device_is_needed (request->fstype));
}

static struct libmnt_fs *
find (struct libmnt_table *table, const LinxRequest *request)
{
  const char *source = request->source.path, *target = request->target.path;

  if (source[0] != '\0' && target[0] != '\0')
    return mnt_table_find_pair (table, source, target, MNT_ITER_FORWARD);
  if (target[0] != '\0')
    return mnt_table_find_target (table, target, MNT_ITER_FORWARD);
  return mnt_table_find_source (table, source, MNT_ITER_FORWARD);
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
decode_with (LinxRequest *request, struct libmnt_fs *line, GError **error)
{
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (request->arguments, 3);
  const char *source, *target, *fstype;
  const char *options = mnt_fs_get_options (line) != NULL ? mnt_fs_get_options (line) : "";
  g_autoptr (GVariant) all = NULL;

  g_variant_get_child (request->arguments, 0, "&s", &source);
  g_variant_get_child (request->arguments, 1, "&s", &target);
  g_variant_get_child (request->arguments, 2, "&s", &fstype);
  source = text_or (source, mnt_fs_get_source (line));
  /* What `raw` gives stays there. */
  target = text_or (target, request->target.path[0] == '\0' ? mnt_fs_get_target (line) : NULL);
  fstype = text_or (fstype, mnt_fs_get_fstype (line));
  if (!g_utf8_validate (source, -1, NULL) || !g_utf8_validate (target, -1, NULL)
      || !g_utf8_validate (options, -1, NULL) || !g_utf8_validate (fstype, -1, NULL)) {
    linx_error_set (error, LINX_MOUNT_STAGE_FSTAB, EILSEQ, "/etc/fstab", "the line is not UTF-8");
    return NULL;
  }
  all = g_variant_ref_sink (
      g_variant_new ("(sss@a{sv})", source, target, fstype, with_options (dictionary, options)));
  return linx_request_decode_again (request, all, error);
}

LinxRequest *
linx_fstab_complete (LinxRequest *request, GError **error)
{
  g_autoptr (FstabTable) table = mnt_new_table ();
  struct libmnt_fs *line = NULL;

  if (table != NULL && mnt_table_parse_fstab (table, "/etc/fstab") == 0)
    line = find (table, request);
  if (line != NULL)
    return decode_with (request, line, error);
  if (request->source.path[0] != '\0' && request->target.path[0] != '\0')
    return linx_request_ref (request);
  linx_error_set (error, LINX_MOUNT_STAGE_FSTAB, ENOENT,
                  text_or (request->target.path, request->source.path),
                  "there is no line for it in /etc/fstab");
  return NULL;
}
