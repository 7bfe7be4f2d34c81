/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-options.h"
#include "linx-error.h"
#include "linx-option-list.h"
#include "linx-size.h"

#include <libmount.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>

typedef struct {
  const char *word;
  guint64 set;
  guint64 clear;
} Attribute;

/* In the order in which linx_options_attributes() prints them. `atime` and its kin all stand for
 * the kernel's default, relatime (mount_setattr(2)). */
static const Attribute attributes[] = {
  { "ro", MOUNT_ATTR_RDONLY, 0 },
  { "rw", 0, MOUNT_ATTR_RDONLY },
  { "nosuid", MOUNT_ATTR_NOSUID, 0 },
  { "suid", 0, MOUNT_ATTR_NOSUID },
  { "nodev", MOUNT_ATTR_NODEV, 0 },
  { "dev", 0, MOUNT_ATTR_NODEV },
  { "noexec", MOUNT_ATTR_NOEXEC, 0 },
  { "exec", 0, MOUNT_ATTR_NOEXEC },
  { "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
  { "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
  { "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
  { "atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
  { "norelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
  { "nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
  { "nodiratime", MOUNT_ATTR_NODIRATIME, 0 },
  { "diratime", 0, MOUNT_ATTR_NODIRATIME },
  { "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
  { "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
};

/* Words of mount(8) that bring attributes with them; a later word may take them back. */
static const Attribute bundles[] = {
  { "user", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0 },
  { "users", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0 },
  { "owner", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0 },
  { "group", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0 },
};

static const struct {
  const char *word;
  int flag;
} propagations[] = {
  { "private", MS_PRIVATE },
  { "shared", MS_SHARED },
  { "slave", MS_SLAVE },
  { "unbindable", MS_UNBINDABLE },
};

/* Accepted, and without an effect here: they speak to mount(8), or only to the kernel's log, or are
 * what each filesystem that can do it always does (SB_I_VERSION). */
static const char *const silent_words[] = {
  "defaults", "auto",   "noauto", "nofail",   "nouser",     "nousers", "noowner",
  "nogroup",  "silent", "loud",   "iversion", "noiversion", NULL,
};

static void
fs_option_free (gpointer data)
{
  LinxFsOption *option = data;

  g_free (option->name);
  g_free (option->value);
  g_free (option);
}

void
linx_options_free (LinxOptions *options)
{
  g_free (options->user_name);
  g_free (options->subdir);
  g_ptr_array_unref (options->user);
  g_ptr_array_unref (options->fs);
  g_free (options);
}

static const Attribute *
find_attribute (const Attribute *table, gsize n, const char *word)
{
  for (gsize i = 0; i < n; i++)
    if (table[i].word[0] == word[0] && g_str_equal (table[i].word, word))
      return &table[i];
  return NULL;
}

/* A whole-subtree form, "rnosuid", is its plain word with an r; but "ro" is no form of "o". */
static const Attribute *
find_attribute_word (const char *word)
{
  const Attribute *plain = find_attribute (attributes, G_N_ELEMENTS (attributes), word);

  if (plain == NULL && word[0] == 'r')
    plain = find_attribute (attributes, G_N_ELEMENTS (attributes), word + 1);
  return plain;
}

static void
apply (LinxAttributes *to, const Attribute *attribute)
{
  to->set = (to->set & ~attribute->clear) | attribute->set;
  to->clear = (to->clear & ~attribute->set) | attribute->clear;
}

static gboolean
take_attribute (LinxOptions *options, const Attribute *attribute, const char *word,
                const char *value, GError **error)
{
  gboolean recursive = value != NULL || !g_str_equal (attribute->word, word);

  if (value != NULL && !g_str_equal (value, "recursive"))
    return linx_error_set_args (error, "option '%s' takes no value but 'recursive'", word);
  apply (&options->attr, attribute);
  if (recursive)
    apply (&options->tree, attribute);
  return TRUE;
}

/* `remount` and `bind` go together, in either order; no other two do. */
static gboolean
take_operation (LinxOptions *options, LinxOperation operation, const char *word, GError **error)
{
  LinxOperation before = options->operation;
  gboolean with_bind = (operation == LINX_OPERATION_BIND && before == LINX_OPERATION_REMOUNT)
                       || (operation == LINX_OPERATION_REMOUNT && before == LINX_OPERATION_BIND);

  if (before != LINX_OPERATION_NONE && before != operation && !with_bind)
    return linx_error_set_args (error, "option '%s' goes with no other operation", word);
  options->command = g_intern_string (word);
  options->operation = with_bind ? LINX_OPERATION_REMOUNT : operation;
  options->attributes_only = options->attributes_only || with_bind;
  return TRUE;
}

int
linx_propagation_flag (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (propagations); i++)
    if (g_str_equal (propagations[i].word, word))
      return propagations[i].flag;
  return 0;
}

const char *
linx_propagation_name (int flag)
{
  for (gsize i = 0; i < G_N_ELEMENTS (propagations); i++)
    if (propagations[i].flag == flag)
      return propagations[i].word;
  return "";
}

static gboolean
take_propagation (LinxOptions *options, const char *word, GError **error)
{
  int plain = linx_propagation_flag (word);

  if (options->propagation != 0)
    return linx_error_set_args (error, "option '%s' is a second kind of propagation", word);
  options->command = g_intern_string (word);
  options->propagation = plain != 0 ? plain : linx_propagation_flag (word + 1);
  options->propagation_recursive = plain == 0;
  return TRUE;
}

static gboolean
take_bytes (guint64 *bytes, const char *word, const char *value, GError **error)
{
  return linx_size_parse (value != NULL ? value : "", bytes)
             ? TRUE
             : linx_error_set_args (error, "option '%s' must be a number of bytes, or of K, M, G",
                                    word);
}

static gboolean
has_no_value (const char *word, const char *value, GError **error)
{
  return value == NULL ? TRUE : linx_error_set_args (error, "option '%s' takes no value", word);
}

static gboolean
take_subdir (LinxOptions *options, const char *value, GError **error)
{
  g_auto (GStrv) parts = NULL;

  if (value == NULL || value[0] == '\0')
    return linx_error_set_args (error, "option 'X-mount.subdir' names no directory");
  if (strlen (value) >= PATH_MAX - 1)
    return linx_error_set_args (error, "option 'X-mount.subdir' is longer than %d bytes",
                                PATH_MAX - 2);
  parts = g_strsplit (value, "/", -1);
  if (g_strv_contains ((const char *const *)parts, "..")
      || g_strv_contains ((const char *const *)parts, "."))
    return linx_error_set_args (error, "option 'X-mount.subdir' has '.' or '..' in it: '%s'",
                                value);
  g_free (options->subdir);
  options->subdir = g_strconcat (value[0] == '/' ? "" : "/", value, NULL);
  return TRUE;
}

/* The words of mount(8) that say what is done, and not how it will be. */
static gboolean
take_command (LinxOptions *options, const char *word, const char *value, gboolean *taken,
              GError **error)
{
  static const struct {
    const char *word;
    LinxOperation operation;
  } operations[] = {
    { "bind", LINX_OPERATION_BIND },
    { "rbind", LINX_OPERATION_RBIND },
    { "move", LINX_OPERATION_MOVE },
    { "remount", LINX_OPERATION_REMOUNT },
  };

  gboolean propagates = linx_propagation_flag (word) != 0
                        || (word[0] == 'r' && linx_propagation_flag (word + 1) != 0);

  *taken = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    if (g_str_equal (operations[i].word, word))
      return has_no_value (word, value, error)
             && take_operation (options, operations[i].operation, word, error);
  if (propagates)
    return has_no_value (word, value, error) && take_propagation (options, word, error);
  if (g_str_equal (word, "loop") && value == NULL)
    return (options->loop = TRUE);
  if (g_str_equal (word, "offset"))
    return take_bytes (&options->offset, word, value, error);
  if (g_str_equal (word, "sizelimit"))
    return take_bytes (&options->size_limit, word, value, error);
  if (g_str_equal (word, "X-mount.mkdir") && value == NULL)
    return (options->make_directory = TRUE);
  if (g_str_equal (word, "X-mount.subdir"))
    return take_subdir (options, value, error);
  *taken = FALSE;
  return TRUE;
}

/* Whether libmount knows the word as one that is for mount(8) itself ("loop", "helper=", ...). */
static gboolean
is_userspace_word (const char *word)
{
  for (const struct libmnt_optmap *map = mnt_get_builtin_optmap (MNT_USERSPACE_MAP); map->name;
       map++) {
    gsize length = map->name[0] == word[0] ? strcspn (map->name, "=[") : 0;
    if (length > 0 && strlen (word) == length && strncmp (word, map->name, length) == 0)
      return TRUE;
  }
  return FALSE;
}

/* They are put into other lists as they are: none may end a word there and begin another. */
static gboolean
take_user_word (LinxOptions *options, const char *word, const char *value, GError **error)
{
  if (!linx_option_list_is_plain (value))
    return linx_error_set_args (
        error, "option '%s' may hold no comma and no quote, and no backslash at its end", word);
  g_ptr_array_add (options->user,
                   value != NULL ? g_strconcat (word, "=", value, NULL) : g_strdup (word));
  return TRUE;
}

/* To mount(8) it is who has mounted, and to a helper whose account on the server it is. */
static gboolean
take_user_name (LinxOptions *options, const char *value, GError **error)
{
  if (!linx_option_list_is_plain (value))
    return linx_error_set_args (error, "option 'user' may hold no comma, quote or backslash");
  g_free (options->user_name);
  options->user_name = g_strdup (value);
  return TRUE;
}

/* What other programs left in fstab(5), and mount(8) neither heeds nor records. */
static gboolean
is_for_others (const char *word)
{
  return g_str_equal (word, "comment")
         || (g_str_has_prefix (word, "X-") && !g_str_has_prefix (word, "X-mount."));
}

static gboolean
take_word (LinxOptions *options, const char *word, const char *value, GError **error)
{
  const Attribute *attribute = find_attribute_word (word);
  const Attribute *bundle = find_attribute (bundles, G_N_ELEMENTS (bundles), word);
  gboolean taken;

  if (word[0] == '\0')
    return linx_error_set_args (error, "'options' has an option without a name");
  if (attribute != NULL)
    return take_attribute (options, attribute, word, value, error);
  if (value != NULL && g_str_equal (word, "user"))
    return take_user_name (options, value, error);
  if (bundle != NULL) {
    apply (&options->attr, bundle);
    return TRUE;
  }
  if (g_strv_contains (silent_words, word))
    return TRUE;
  if (!take_command (options, word, value, &taken, error))
    return FALSE;
  if (taken)
    return TRUE;
  if (g_str_has_prefix (word, "x-") || g_str_equal (word, "_netdev"))
    return take_user_word (options, word, value, error);
  if (is_for_others (word))
    return TRUE;
  if (g_str_equal (word, "loop"))
    return linx_error_set_args (error,
                                "option 'loop' takes no device: a free one is found, or the "
                                "one that the file has; mount '%s' itself to use that",
                                value);
  if (g_str_equal (word, "X-mount.mkdir"))
    return linx_error_set_args (error, "option 'X-mount.mkdir' takes no mode: the directory has "
                                       "0755");
  if (g_str_has_prefix (word, "X-") || is_userspace_word (word))
    return linx_error_set_args (error, "option '%s' is not supported", word);

  LinxFsOption *option = g_new0 (LinxFsOption, 1);
  option->name = g_strdup (word);
  option->value = g_strdup (value);
  g_ptr_array_add (options->fs, option);
  return TRUE;
}

LinxOptions *
linx_options_parse (const char *list, GError **error)
{
  g_autoptr (LinxOptions) options = g_new0 (LinxOptions, 1);
  g_autoptr (GError) broken = NULL;

  options->user = g_ptr_array_new_with_free_func (g_free);
  options->fs = g_ptr_array_new_with_free_func (fs_option_free);
  for (guint n = 0;; n++) {
    g_autofree char *word = NULL, *value = NULL;

    if (!linx_option_list_next (&list, &word, &value, &broken))
      break;
    if (n == LINX_MAX_OPTIONS) {
      linx_error_set_args (error, "'options' has more than %d options", LINX_MAX_OPTIONS);
      return NULL;
    }
    if (!take_word (options, word, value, error))
      return NULL;
  }
  if (broken == NULL)
    return g_steal_pointer (&options);
  g_propagate_error (error, g_steal_pointer (&broken));
  return NULL;
}

char *
linx_options_attributes (const LinxAttributes *given)
{
  GString *text = g_string_new (NULL);
  gboolean atime_done = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++) {
    const Attribute *a = &attributes[i];
    gboolean is_atime = a->clear == MOUNT_ATTR__ATIME;
    gboolean named;

    if (is_atime)
      named = !atime_done && (given->clear & MOUNT_ATTR__ATIME) != 0
              && (given->set & MOUNT_ATTR__ATIME) == a->set;
    else
      named = (a->set & given->set) != 0 || (a->clear & given->clear) != 0;
    if (!named)
      continue;
    atime_done = atime_done || is_atime;
    g_string_append_printf (text, "%s%s", text->len > 0 ? "," : "", a->word);
  }
  return g_string_free (text, FALSE);
}

char *
linx_options_user_text (const LinxOptions *options)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < options->user->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "," : "",
                            (const char *)g_ptr_array_index (options->user, i));
  return g_string_free (text, FALSE);
}
