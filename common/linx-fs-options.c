/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-options.h"
#include "linx-text.h"

/* The flags of the superblock that fsconfig(2) knows on every filesystem (fs/fs_context.c). */
static const char *const superblock_words[] = {
  "sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand", NULL,
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

char *
linx_options_strike_secrets (const LinxOptions *options, const char *text)
{
  GString *struck = g_string_new (text);

  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    if (option->value != NULL && option->value[0] != '\0'
        && g_strv_contains (secret_names, option->name))
      g_string_replace (struck, option->value, "***", 0);
  }
  return g_string_free (struck, FALSE);
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
