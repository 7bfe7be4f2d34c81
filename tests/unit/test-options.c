/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-options.h"

#include <string.h>
#include "linx-size.h"
#include "linx-secrets.h"

#include <gio/gio.h>
#include <sys/mount.h>

static void
assert_parts (const char *list, const char *attributes, const char *fs)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxOptions) options = linx_options_parse (list, &error);
  g_autofree char *attributes_text = NULL;
  g_autofree char *fs_text = NULL;

  g_assert_no_error (error);
  attributes_text = linx_options_attributes (&options->attr);
  fs_text = linx_options_fs_text (options);
  g_assert_cmpstr (attributes_text, ==, attributes);
  g_assert_cmpstr (fs_text, ==, fs);
}

static void
test_parts (void)
{
  assert_parts ("", "", "");
  assert_parts ("defaults,nofail,x-systemd.automount,_netdev,noauto,silent", "", "");
  assert_parts ("nodev,ro,nosuid", "ro,nosuid,nodev", "");
  assert_parts ("ro,rw", "rw", "");
  assert_parts ("rw,ro", "ro", "");
  assert_parts ("noatime,relatime", "relatime", "");
  assert_parts ("atime", "relatime", "");
  assert_parts ("relatime,noatime,nodiratime", "noatime,nodiratime", "");
  assert_parts ("strictatime", "strictatime", "");
  assert_parts ("rro,rnosuid,nosymfollow=recursive", "ro,nosuid,nosymfollow", "");
  assert_parts ("user", "nosuid,nodev,noexec", "");
  assert_parts ("users,exec", "nosuid,nodev,exec", "");
  assert_parts ("owner", "nosuid,nodev", "");
  assert_parts ("size=1G,mode=755,sync", "", "size=1G,mode=755,sync");
  assert_parts ("size=1G,,nosuid,", "nosuid", "size=1G");
  assert_parts ("context=\"a:b:c0,c1\",ro", "ro", "context=a:b:c0\\x2cc1");
  assert_parts ("lowerdir=/a\nb", "", "lowerdir=/a\\x0ab");
}

static void
test_canonical (void)
{
  assert_parts ("nosuid,nodev,ro,noexec", "ro,nosuid,nodev,noexec", "");
  assert_parts ("noexec,ro,ro,nodev,nosuid", "ro,nosuid,nodev,noexec", "");
}

static void
test_secrets (void)
{
  assert_parts ("password=hunter2,user=x,pass=,credentials=/f", "",
                "password=***,pass=***,credentials=/f");
}

/* A rule, and no list: what filesystems and helpers call their secrets. */
static void
test_names_of_secrets (void)
{
  static const char *const secret[] = {
    "password2",     "passphrase",        "passphrase_passwd", "PASS",
    "pwd",           "ecryptfs_fnek_sig", "ecryptfs_sig",      "sig",
    "auth_key",      "x-foo.password",    "access_token",      "my_creds",
    "Authorization",
  };
  static const char *const plain[]
      = { "size", "uid",    "sec",      "username", "compress", "sigma", "subvol",
          "vers", "domain", "lowerdir", "mode",     "user",     "errors" };

  for (gsize i = 0; i < G_N_ELEMENTS (secret); i++)
    g_assert_true (linx_secrets_is_name (secret[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++)
    g_assert_false (linx_secrets_is_name (plain[i]));
}

static void
assert_url (const char *text, const char *expected)
{
  g_autofree char *struck = linx_secrets_strike_url (text);

  g_assert_cmpstr (struck, ==, expected);
}

static void
test_passwords_in_urls (void)
{
  assert_url ("https://alice:hunter2@host/dav", "https://alice:***@host/dav");
  assert_url ("https://alice:hunt@er:2@host/dav", "https://alice:***@host/dav");
  assert_url ("//alice:hunter2@host/share", "//alice:***@host/share");
  assert_url ("https://alice@host/a:b@c", "https://alice@host/a:b@c");
  assert_url ("https://host:80/a", "https://host:80/a");
  assert_url ("host:/export", "host:/export");
  assert_url ("alice@host:/srv", "alice@host:/srv");
  assert_url ("", "");
  assert_url ("a://b,https://u:hunter2@h/x", "a://b,https://u:***@h/x");
  assert_url ("Resolve '//u:hunter2@h/x': no", "Resolve '//u:***@h/x': no");
  assert_url ("/srv//a:b@c", "/srv//a:b@c");
}

static void
test_passwords_of_users (void)
{
  g_autoptr (LinxOptions) options
      = linx_options_parse ("user=alice%hunter2,username=bob%pa%ss,x-user=c%d", NULL);
  g_autofree char *shown = linx_options_fs_text (options);
  g_autofree char *struck = linx_options_strike_secrets (options, "no pa%ss, no hunter2");

  g_assert_cmpstr (shown, ==, "username=bob%***");
  g_assert_cmpstr (struck, ==, "no ***, no ***");
}

static void
test_user_words_shown (void)
{
  g_autoptr (LinxOptions) options
      = linx_options_parse ("x-foo.password=hunter2,x-a=\x1b,x-key,x-u=ftp://a:b@c", NULL);
  g_autofree char *shown = linx_options_user_shown (options);
  g_autofree char *struck = linx_options_strike_secrets (options, "no hunter2");

  g_assert_cmpstr (shown, ==, "x-foo.password=***,x-a=\\x1b,x-key,x-u=ftp://a:***@c");
  g_assert_cmpstr (struck, ==, "no ***");
}

static void
test_refused (void)
{
  static const char *const lists[] = {
    "ro=always",       "loop=/dev/loop0", "offset=",
    "offset=-1",       "sizelimit=1x",    "bind,move",
    "move,remount",    "rbind,bind",      "private,slave",
    "rshared,shared",  "uhelper=x",       "helper=x",
    "X-mount.subdir",  "context=\"open",  "x-a=\"q,user=x\"",
    "a\"b,suid,c\"=1", "bind=1",          "=x",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (linx_options_parse (lists[i], &error));
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  }
}

/* Words that say what is done. */
static void
test_commands (void)
{
  static const struct {
    const char *list;
    LinxOperation operation;
    gboolean attributes_only;
    int propagation;
    gboolean recursive;
  } cases[] = {
    { "ro", LINX_OPERATION_NONE, FALSE, 0, FALSE },
    { "bind,ro", LINX_OPERATION_BIND, FALSE, 0, FALSE },
    { "ro,rbind,rslave", LINX_OPERATION_RBIND, FALSE, MS_SLAVE, TRUE },
    { "move", LINX_OPERATION_MOVE, FALSE, 0, FALSE },
    { "remount,ro", LINX_OPERATION_REMOUNT, FALSE, 0, FALSE },
    { "remount,bind", LINX_OPERATION_REMOUNT, TRUE, 0, FALSE },
    { "bind,remount,private", LINX_OPERATION_REMOUNT, TRUE, MS_PRIVATE, FALSE },
    { "runbindable", LINX_OPERATION_NONE, FALSE, MS_UNBINDABLE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (LinxOptions) options = linx_options_parse (cases[i].list, &error);

    g_assert_no_error (error);
    g_assert_cmpint (options->operation, ==, cases[i].operation);
    g_assert_cmpint (options->attributes_only, ==, cases[i].attributes_only);
    g_assert_cmpint (options->propagation, ==, cases[i].propagation);
    g_assert_cmpint (options->propagation_recursive, ==, cases[i].recursive);
  }
}

/* The last word counts, for the mount and for the tree each on its own. */
static void
test_tree (void)
{
  g_autoptr (LinxOptions) options = linx_options_parse ("rsuid,ro=recursive,nosuid,rw", NULL);

  g_assert_cmpuint (options->attr.set, ==, MOUNT_ATTR_NOSUID);
  g_assert_cmpuint (options->attr.clear, ==, MOUNT_ATTR_RDONLY);
  g_assert_cmpuint (options->tree.set, ==, MOUNT_ATTR_RDONLY);
  g_assert_cmpuint (options->tree.clear, ==, MOUNT_ATTR_NOSUID);
}

static void
test_image_and_user_words (void)
{
  g_autoptr (LinxOptions) options
      = linx_options_parse ("loop,offset=4096,sizelimit=1,x-a=b c,_netdev,x-d", NULL);
  g_autofree char *user = linx_options_user_text (options);

  g_assert_true (options->loop);
  g_assert_cmpuint (options->offset, ==, 4096);
  g_assert_cmpuint (options->size_limit, ==, 1);
  g_assert_cmpstr (user, ==, "x-a=b c,_netdev,x-d");
  g_assert_cmpuint (options->fs->len, ==, 0);
}

static void
test_struck_secrets (void)
{
  g_autoptr (LinxOptions) options = linx_options_parse ("password=hunter2,size=1,pass=", NULL);
  g_autofree char *text
      = linx_options_strike_secrets (options, "hunter2 is bad: size=1,password=hunter2");

  g_assert_cmpstr (text, ==, "*** is bad: size=1,password=***");
}

/* What is put in is not struck again, and what is too short leaves nothing. */
static void
test_struck_once (void)
{
  g_autoptr (GString) list = g_string_new ("apass=****");
  g_autoptr (LinxOptions) options = NULL, with_short = NULL;
  g_autofree char *text = NULL, *none = NULL;

  for (char c = 'b'; c <= 'z'; c++)
    g_string_append_printf (list, ",%cpass=****", c);
  options = linx_options_parse (list->str, NULL);
  text = linx_options_strike_secrets (options, list->str);
  g_assert_cmpuint (strlen (text), <=, list->len);
  with_short = linx_options_parse ("pass=*", NULL);
  none = linx_options_strike_secrets (with_short, "pass=*");
  g_assert_null (strchr (none, '*'));
}

static void
test_mkdir (void)
{
  g_autoptr (LinxOptions) options = linx_options_parse ("X-mount.mkdir,ro", NULL);

  g_assert_true (options->make_directory);
  g_assert_cmpuint (options->attr.set, ==, MOUNT_ATTR_RDONLY);
}

static gboolean
is_harmless (const char *fstype, char *name, char *value)
{
  LinxFsOption option = { name, value };

  return linx_options_harmless (fstype, &option);
}

static void
test_harmless (void)
{
  g_assert_true (is_harmless ("tmpfs", (char *)"size", (char *)"1G"));
  g_assert_true (is_harmless ("ext4", (char *)"errors", (char *)"remount-ro"));
  g_assert_true (is_harmless ("ext4", (char *)"sync", NULL));
  g_assert_true (is_harmless ("nosuchfs", (char *)"dirsync", NULL));
  g_assert_true (is_harmless ("vfat", (char *)"umask", (char *)"077"));
  g_assert_false (is_harmless ("ext4", (char *)"errors", (char *)"panic"));
  g_assert_false (is_harmless ("ext4", (char *)"journal_path", (char *)"/dev/x"));
  g_assert_false (is_harmless ("ext4", (char *)"size", (char *)"1G"));
  g_assert_false (is_harmless ("nosuchfs", (char *)"size", (char *)"1G"));
  g_assert_false (is_harmless ("overlay", (char *)"lowerdir", (char *)"/"));
  g_assert_true (is_harmless ("btrfs", (char *)"subvolid", (char *)"5"));
  g_assert_false (
      is_harmless ("btrfs", (char *)"subvol", (char *)"/a")); /* the kernel looks it up */
}

static void
test_kinds_of_values (void)
{
  LinxFsOption fd = { (char *)"fd", (char *)"3" };
  LinxFsOption path = { (char *)"lowerdir+", (char *)"/" };
  LinxFsOption plain = { (char *)"size", (char *)"1" };

  g_assert_true (linx_options_names_fd (&fd));
  g_assert_true (linx_options_names_path (&path));
  g_assert_false (linx_options_names_fd (&plain) || linx_options_names_path (&plain));
}

static void
test_sizes (void)
{
  static const struct {
    const char *text;
    guint64 bytes;
  } good[] = { { "0", 0 },           { "512", 512 },    { "1K", 1024 },     { "1M", 1 << 20 },
               { "1MiB", 1 << 20 },  { "2m", 2 << 20 }, { "1MB", 1000000 }, { "3GiB", 3ULL << 30 },
               { "7E", 7ULL << 60 }, { "1kB", 1000 } };
  static const char *const bad[]
      = { "", "M", "1X", "1MiBs", "-1", " 1", "1 M", "8E", "1.5M", "0x10" };
  guint64 bytes;

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_assert_true (linx_size_parse (good[i].text, &bytes));
    g_assert_cmpuint (bytes, ==, good[i].bytes);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (linx_size_parse (bad[i], &bytes));
}

/* They speak to others: nothing becomes of them. */
static void
test_words_for_others (void)
{
  assert_parts ("comment=cloudconfig,X-anything,X-b=c,ro", "ro", "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/parts", test_parts);
  g_test_add_func ("/options/canonical", test_canonical);
  g_test_add_func ("/options/secrets", test_secrets);
  g_test_add_func ("/options/names-of-secrets", test_names_of_secrets);
  g_test_add_func ("/options/passwords-in-urls", test_passwords_in_urls);
  g_test_add_func ("/options/user-words-shown", test_user_words_shown);
  g_test_add_func ("/options/refused", test_refused);
  g_test_add_func ("/options/commands", test_commands);
  g_test_add_func ("/options/tree", test_tree);
  g_test_add_func ("/options/image-and-user-words", test_image_and_user_words);
  g_test_add_func ("/options/passwords-of-users", test_passwords_of_users);
  g_test_add_func ("/options/struck-once", test_struck_once);
  g_test_add_func ("/options/struck-secrets", test_struck_secrets);
  g_test_add_func ("/options/mkdir", test_mkdir);
  g_test_add_func ("/options/harmless", test_harmless);
  g_test_add_func ("/options/kinds-of-values", test_kinds_of_values);
  g_test_add_func ("/options/sizes", test_sizes);
  g_test_add_func ("/options/words-for-others", test_words_for_others);
  return g_test_run ();
}
