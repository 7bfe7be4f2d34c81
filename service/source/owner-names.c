/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/owner-names.h"
#include "linx-error.h"
#include "linx-option-list.h"
#include "request/request-decode.h"

#include <string.h>

static gboolean
is_owner_name (const char *name, const char *value)
{
  return value != NULL && g_ascii_isalpha (value[0])
         && (g_str_equal (name, "uid") || g_str_equal (name, "gid"));
}

gboolean
linx_owner_names_are_in (const LinxRequest *request)
{
  if ((request->method->bit & LINX_VERBS_MAKING) == 0 && !request->superblock)
    return FALSE;
  for (guint i = 0; i < request->options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (request->options->fs, i);

    if (is_owner_name (option->name, option->value))
      return TRUE;
  }
  return FALSE;
}

/* Names to ids, of one of the two files: "NAME:...:ID:...". NULL: it could not be read. */
static GHashTable *
read_ids (const char *path)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_auto (GStrv) fields = g_strsplit (*line, ":", 4);
    guint64 id;

    if (g_strv_length (fields) == 4
        && g_ascii_string_to_unsigned (fields[2], 10, 0, G_MAXUINT32 - 1, &id, NULL)
        && !g_hash_table_contains (ids, fields[0]))
      g_hash_table_insert (ids, g_strdup (fields[0]), GUINT_TO_POINTER ((guint)id));
  }
  return ids;
}

/* Read once for all options of a list. */
typedef struct {
  GHashTable *users;
  GHashTable *groups;
} Owners;

static void
owners_clear (Owners *owners)
{
  g_clear_pointer (&owners->users, g_hash_table_unref);
  g_clear_pointer (&owners->groups, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Owners, owners_clear)

static gboolean
find (Owners *owners, const char *option, const char *name, guint *id, GError **error)
{
  gboolean is_user = g_str_equal (option, "uid");
  const char *path = is_user ? "/etc/passwd" : "/etc/group";
  GHashTable **ids = is_user ? &owners->users : &owners->groups;
  gpointer found;

  if (*ids == NULL)
    *ids = read_ids (path);
  if (!g_hash_table_lookup_extended (*ids, name, NULL, &found))
    return linx_error_set_args (error, "option '%s': '%s' is not in %s: give a number", option,
                                name, path);
  *id = GPOINTER_TO_UINT (found);
  return TRUE;
}

/* Whatever is not replaced stays as it was written, quotes and all. */
static char *
with_numbers (const char *list, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (Owners) owners = { NULL, NULL };
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
    else if (find (&owners, name, value, &id, error))
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
    linx_error_set_args (
        error, "options 'uid' and 'gid' must be numbers outside of the host, and in a chroot");
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
