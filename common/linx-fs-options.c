/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-options.h"
#include "linx-secrets.h"
#include "linx-text.h"

#include <string.h>

/* The flags of the superblock that fsconfig(2) knows on every filesystem (fs/fs_context.c). */
static const char *const superblock_words[] = {
  "sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand", NULL,
};

static const char *const fd_names[] = { "fd", "rfdno", "wfdno", "pipe_fd", NULL };

static const char *const path_names[] = {
  "lowerdir", "lowerdir+", "datadir+",  "upperdir",    "workdir", "journal_path", "journal_dev",
  "jdev",     "usrjquota", "grpjquota", "prjjquota",   "logdev",  "rtdev",        "device",
  "source",   "pidns",     "bpf_token", "credentials", "cred",    "keyring",      NULL,
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
  { "btrfs", "subvolid compress discard nodiscard ssd nossd" },
  { "xfs", "discard nodiscard inode32 inode64" },
};

static void
append_shown (GString *text, const char *name, const char *value)
{
  g_autofree char *shown_name = linx_text_escape (name), *shown = NULL;
  g_autofree char *without_word = NULL, *struck = NULL;

  g_string_append (text, shown_name);
  if (value == NULL)
    return;
  g_string_append_c (text, '=');
  if (linx_secrets_is_name (name)) {
    g_string_append (text, "***");
    return;
  }
  without_word = linx_secrets_strike_user (name, value);
  struck = linx_secrets_strike_url (without_word);
  shown = linx_text_escape (struck);
  for (const char *p = shown; *p != '\0';) {
    gsize length = strcspn (p, ",");

    g_string_append_len (text, p, (gssize)length);
    p += length;
    if (*p == ',') {
      g_string_append (text, "\\x2c");
      p++;
    }
  }
}

char *
linx_options_fs_text (const LinxOptions *options)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    g_string_append (text, i > 0 ? "," : "");
    append_shown (text, option->name, option->value);
  }
  return g_string_free (text, FALSE);
}

char *
linx_options_user_shown (const LinxOptions *options)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < options->user->len; i++) {
    const char *word = g_ptr_array_index (options->user, i);
    const char *sign = strchr (word, '=');
    g_autofree char *name = sign != NULL ? g_strndup (word, (gsize)(sign - word)) : g_strdup (word);

    g_string_append (text, i > 0 ? "," : "");
    append_shown (text, name, sign != NULL ? sign + 1 : NULL);
  }
  if (options->user_name != NULL) {
    g_string_append (text, text->len > 0 ? "," : "");
    append_shown (text, "user", options->user_name);
  }
  return g_string_free (text, FALSE);
}

static void
add_secret (GPtrArray *secrets, const char *name, const char *value)
{
  const char *sign = value != NULL ? strchr (value, '%') : NULL;

  if (value == NULL || value[0] == '\0')
    return;
  if (linx_secrets_is_name (name))
    g_ptr_array_add (secrets, g_strdup (value));
  else if (sign != NULL && sign[1] != '\0'
           && (g_str_equal (name, "user") || g_str_equal (name, "username")))
    g_ptr_array_add (secrets, g_strdup (sign + 1));
}

char *
linx_options_strike_secrets (const LinxOptions *options, const char *text)
{
  g_autoptr (GPtrArray) secrets = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *struck = NULL;

  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    add_secret (secrets, option->name, option->value);
  }
  for (guint i = 0; i < options->user->len; i++) {
    g_auto (GStrv) pair = g_strsplit (g_ptr_array_index (options->user, i), "=", 2);

    add_secret (secrets, pair[0], pair[1]);
  }
  if (options->user_name != NULL)
    add_secret (secrets, "user", options->user_name);
  struck = linx_secrets_strike (secrets, text);
  return linx_secrets_strike_url (struck);
}

gboolean
linx_options_names_fd (const LinxFsOption *option)
{
  return g_strv_contains (fd_names, option->name);
}

gboolean
linx_options_names_path (const LinxFsOption *option)
{
  return g_strv_contains (path_names, option->name) || g_str_has_suffix (option->name, "file");
}

static gboolean
list_has (const char *list, const char *word)
{
  while (*list != '\0') {
    gsize length = strcspn (list, " ");

    if (list[0] == word[0] && strncmp (list, word, length) == 0 && word[length] == '\0')
      return TRUE;
    list += length;
    list += strspn (list, " ");
  }
  return FALSE;
}

static gboolean
list_has_pair (const char *list, const LinxFsOption *option)
{
  g_autofree char *pair
      = option->value != NULL ? g_strconcat (option->name, "=", option->value, NULL) : NULL;

  return pair != NULL && list_has (list, pair);
}

gboolean
linx_options_harmless (const char *fstype, const LinxFsOption *option)
{
  if (g_strv_contains (superblock_words, option->name))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (harmless); i++)
    if (list_has (harmless[i].fstypes, fstype))
      return list_has (harmless[i].names, option->name)
             || list_has_pair (harmless[i].names, option);
  return FALSE;
}
