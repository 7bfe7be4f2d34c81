/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-options.h"
#include "linx-error.h"
#include "linx-text.h"

#include <libmount.h>
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

static const char *const operation_words[] = {
  "bind",    "rbind", "move",   "remount",    "private",     "rprivate", "shared",
  "rshared", "slave", "rslave", "unbindable", "runbindable", NULL,
};

/* The flags of the superblock that fsconfig(2) knows on every filesystem (fs/fs_context.c). */
static const char *const superblock_words[] = {
  "sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand", NULL,
};

/* Accepted, and without an effect here: they speak to mount(8), or only to the kernel's log. */
static const char *const silent_words[] = {
  "defaults", "auto",    "noauto",  "nofail", "_netdev", "nouser",
  "nousers",  "noowner", "nogroup", "silent", "loud",    NULL,
};

static const char *const secret_names[] = {
  "password", "password2", "pass", "passwd", "secret", "key", "credentials", NULL,
};

static const char *const fd_names[] = { "fd", "rfdno", "wfdno", "pipe_fd", NULL };

static const char *const path_names[] = {
  "lowerdir",    "lowerdir+", "datadir+",  "upperdir",  "workdir",   "journal_path",
  "journal_dev", "jdev",      "usrjquota", "grpjquota", "prjjquota", "logdev",
  "rtdev",       "device",    "source",    "pidns",     "bpf_token", NULL,
};

static const struct {
  const char *fstypes;
  const char *names;
} harmless[] = {
  { "tmpfs", "size nr_blocks nr_inodes mode uid gid inode32 inode64" },
  { "ramfs", "mode" },
  { "devpts", "mode uid gid ptmxmode newinstance" },
  { "ext2 ext3 ext4", "errors=remount-ro discard nodiscard acl user_xattr "
                      "nouser_xattr" },
  { "vfat msdos exfat", "uid gid umask fmask dmask utf8 iocharset codepage shortname flush quiet "
                        "tz time_offset errors=remount-ro" },
  { "ntfs3", "uid gid umask fmask dmask iocharset nohidden windows_names" },
  { "iso9660 udf", "uid gid mode dmode umask iocharset norock nojoliet map session" },
  { "btrfs", "subvol subvolid compress discard nodiscard ssd nossd" },
  { "xfs", "discard nodiscard inode32 inode64" },
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
  g_ptr_array_unref (options->fs);
  g_free (options);
}

static const Attribute *
find_attribute (const Attribute *table, gsize n, const char *word)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (table[i].word, word))
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
apply (LinxOptions *options, const Attribute *attribute)
{
  options->attr_set = (options->attr_set & ~attribute->clear) | attribute->set;
  options->attr_clear = (options->attr_clear & ~attribute->set) | attribute->clear;
}

static gboolean
take_attribute (LinxOptions *options, const Attribute *attribute, const char *word,
                const char *value, GError **error)
{
  if (value != NULL && !g_str_equal (value, "recursive"))
    return linx_error_set_args (error, "option '%s' takes no value but 'recursive'", word);
  apply (options, attribute);
  return TRUE;
}

/* Whether libmount knows the word as one that is for mount(8) itself ("loop", "helper=", ...). */
static gboolean
is_userspace_word (const char *word)
{
  for (const struct libmnt_optmap *map = mnt_get_builtin_optmap (MNT_USERSPACE_MAP); map->name;
       map++) {
    gsize length = strcspn (map->name, "=[");
    if (strlen (word) == length && strncmp (word, map->name, length) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
take_word (LinxOptions *options, const char *word, const char *value, GError **error)
{
  const Attribute *attribute = find_attribute_word (word);
  const Attribute *bundle = find_attribute (bundles, G_N_ELEMENTS (bundles), word);

  if (word[0] == '\0' || word[0] == '=')
    return linx_error_set_args (error, "'options' has an option without a name");
  if (attribute != NULL)
    return take_attribute (options, attribute, word, value, error);
  if (bundle != NULL) {
    apply (options, bundle);
    return TRUE;
  }
  if (g_strv_contains (silent_words, word) || g_str_has_prefix (word, "x-"))
    return TRUE;
  if (g_str_equal (word, "X-mount.mkdir")) {
    options->make_directory = TRUE;
    return TRUE;
  }
  if (g_strv_contains (operation_words, word))
    return linx_error_set_args (error, "option '%s' is another operation than a new mount", word);
  if (g_str_has_prefix (word, "X-") || is_userspace_word (word))
    return linx_error_set_args (error, "option '%s' is not supported", word);

  LinxFsOption *option = g_new0 (LinxFsOption, 1);
  option->name = g_strdup (word);
  option->value = g_strdup (value);
  g_ptr_array_add (options->fs, option);
  return TRUE;
}

static char *
unquote (const char *value, gsize length)
{
  if (value == NULL)
    return NULL;
  if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
    return g_strndup (value + 1, length - 2);
  return g_strndup (value, length);
}

/* libmount takes a list with an open quote for one that ends before it. */
static gboolean
has_open_quote (const char *list)
{
  gboolean open = FALSE;

  for (; *list != '\0'; list++)
    if (*list == '"')
      open = !open;
  return open;
}

LinxOptions *
linx_options_parse (const char *list, GError **error)
{
  g_autoptr (LinxOptions) options = g_new0 (LinxOptions, 1);
  g_autofree char *copy = g_strdup (list);
  char *rest = copy, *name, *value;
  size_t name_length, value_length;
  int rc = has_open_quote (list) ? -1 : 0;

  options->fs = g_ptr_array_new_with_free_func (fs_option_free);
  while (rc == 0
         && (rc = mnt_optstr_next_option (&rest, &name, &name_length, &value, &value_length))
                == 0) {
    g_autofree char *word = g_strndup (name, name_length);
    g_autofree char *plain = unquote (value, value_length);

    if (!take_word (options, word, plain, error))
      return NULL;
  }
  if (rc < 0) {
    linx_error_set_args (error, "'options' is no list of mount options: '%s'", list);
    return NULL;
  }
  return g_steal_pointer (&options);
}

char *
linx_options_attributes (guint64 attr_set, guint64 attr_clear)
{
  GString *text = g_string_new (NULL);
  gboolean atime_done = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++) {
    const Attribute *a = &attributes[i];
    gboolean is_atime = a->clear == MOUNT_ATTR__ATIME;
    gboolean named;

    if (is_atime)
      named = !atime_done && (attr_clear & MOUNT_ATTR__ATIME) != 0
              && (attr_set & MOUNT_ATTR__ATIME) == a->set;
    else
      named = (a->set & attr_set) != 0 || (a->clear & attr_clear) != 0;
    if (!named)
      continue;
    atime_done = atime_done || is_atime;
    g_string_append_printf (text, "%s%s", text->len > 0 ? "," : "", a->word);
  }
  return g_string_free (text, FALSE);
}

static void
append_value (GString *text, const LinxFsOption *option)
{
  g_autofree char *shown = linx_text_escape (option->value);

  g_string_append_c (text, '=');
  if (g_strv_contains (secret_names, option->name)) {
    g_string_append (text, "***");
    return;
  }
  for (const char *p = shown; *p != '\0'; p++)
    if (*p == ',')
      g_string_append (text, "\\x2c");
    else
      g_string_append_c (text, *p);
}

char *
linx_options_fs_text (const LinxOptions *options)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);
    g_autofree char *name = linx_text_escape (option->name);

    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", name);
    if (option->value != NULL)
      append_value (text, option);
  }
  return g_string_free (text, FALSE);
}

gboolean
linx_options_names_fd (const LinxFsOption *option)
{
  return g_strv_contains (fd_names, option->name);
}

gboolean
linx_options_names_path (const LinxFsOption *option)
{
  return g_strv_contains (path_names, option->name);
}

static gboolean
list_has (const char *list, const char *word)
{
  g_auto (GStrv) words = g_strsplit (list, " ", -1);
  return g_strv_contains ((const char *const *)words, word);
}

gboolean
linx_options_harmless (const char *fstype, const LinxFsOption *option)
{
  g_autofree char *pair
      = option->value != NULL ? g_strconcat (option->name, "=", option->value, NULL) : NULL;

  if (g_strv_contains (superblock_words, option->name))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (harmless); i++)
    if (list_has (harmless[i].fstypes, fstype))
      return list_has (harmless[i].names, option->name)
             || (pair != NULL && list_has (harmless[i].names, pair));
  return FALSE;
}
