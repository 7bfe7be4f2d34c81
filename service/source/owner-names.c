/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/owner-names.h"
#include "linx-error.h"
#include "linx-option-list.h"
#include "request/request-decode.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define BUFFER_BYTES 65536

static gboolean
is_owner_name (const char *name, const char *value)
{
  return value != NULL && g_ascii_isalpha (value[0])
         && (g_str_equal (name, "uid") || g_str_equal (name, "gid"));
}

gboolean
linx_owner_names_are_in (const LinxRequest *request)
{
  if ((request->method->bit & LINX_VERBS_MAKING) == 0)
    return FALSE;
  for (guint i = 0; i < request->options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (request->options->fs, i);

    if (is_owner_name (option->name, option->value))
      return TRUE;
  }
  return FALSE;
}

static gboolean
find_user (FILE *file, const char *name, guint *id)
{
  g_autofree char *buffer = g_malloc (BUFFER_BYTES);
  struct passwd entry, *found;

  while (fgetpwent_r (file, &entry, buffer, BUFFER_BYTES, &found) == 0)
    if (g_str_equal (entry.pw_name, name)) {
      *id = entry.pw_uid;
      return TRUE;
    }
  return FALSE;
}

static gboolean
find_group (FILE *file, const char *name, guint *id)
{
  g_autofree char *buffer = g_malloc (BUFFER_BYTES);
  struct group entry, *found;

  while (fgetgrent_r (file, &entry, buffer, BUFFER_BYTES, &found) == 0)
    if (g_str_equal (entry.gr_name, name)) {
      *id = entry.gr_gid;
      return TRUE;
    }
  return FALSE;
}

static gboolean
find (const char *option, const char *name, guint *id, GError **error)
{
  gboolean is_user = g_str_equal (option, "uid");
  const char *path = is_user ? "/etc/passwd" : "/etc/group";
  FILE *file = fopen (path, "re");
  gboolean found
      = file != NULL && (is_user ? find_user (file, name, id) : find_group (file, name, id));

  if (file != NULL)
    fclose (file);
  return found ? TRUE
               : linx_error_set_args (error, "option '%s': '%s' is not in %s: give a number",
                                      option, name, path);
}

/* Whatever is not replaced stays as it was written, quotes and all. */
static char *
with_numbers (const char *list, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *rest = list;

  for (;;) {
    g_autofree char *name = NULL, *value = NULL;
    const char *begin = rest + strspn (rest, ",");
    guint id = 0;

    if (!linx_option_list_next (&rest, &name, &value, NULL))
      return g_string_free (g_steal_pointer (&text), FALSE);
    if (text->len > 0)
      g_string_append_c (text, ',');
    if (!is_owner_name (name, value))
      g_string_append_len (text, begin, rest - begin);
    else if (find (name, value, &id, error))
      g_string_append_printf (text, "%s=%u", name, id);
    else
      return NULL;
  }
}

/* The arguments, with the last of them, which are the options, changed. */
static GVariant *
replace_options (GVariant *arguments, const char *list)
{
  gsize n = g_variant_n_children (arguments);
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (arguments, n - 1);
  g_auto (GVariantDict) changed = G_VARIANT_DICT_INIT (dictionary);
  g_auto (GVariantBuilder) all = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_TUPLE);

  g_variant_dict_insert (&changed, "options", "s", list);
  for (gsize i = 0; i + 1 < n; i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (arguments, i);

    g_variant_builder_add_value (&all, child);
  }
  g_variant_builder_add_value (&all, g_variant_dict_end (&changed));
  return g_variant_builder_end (&all);
}

LinxRequest *
linx_owner_names_complete (LinxRequest *request, gboolean in_host, GError **error)
{
  gsize last = g_variant_n_children (request->arguments) - 1;
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (request->arguments, last);
  g_autoptr (GVariant) arguments = NULL;
  g_autofree char *list = NULL;
  const char *given;

  if (!in_host) {
    linx_error_set_args (error, "options 'uid' and 'gid' must be numbers outside of the host");
    return NULL;
  }
  if (!g_variant_lookup (dictionary, "options", "&s", &given))
    return linx_request_ref (request);
  list = with_numbers (given, error);
  if (list == NULL)
    return NULL;
  arguments = g_variant_ref_sink (replace_options (request->arguments, list));
  return linx_request_decode_again (request, arguments, error);
}
