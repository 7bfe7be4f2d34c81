/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * bind-loop TREE COUNT [OPTION]: COUNT times, asks the service to bind TREE/src/dir/leaf onto
 * TREE/dst/dir/leaf in this process's namespace, with the boolean OPTION, looks where the mount
 * landed, and unmounts it. After every tenth time, does that the classic way: checks both paths,
 * then mount(2).
 *
 * Says "ready" when it holds the directories of the tree, and waits for the end of its input: until
 * then each must have its own name. In the end a line "WAY OUTCOME COUNT" for each outcome there
 * was: "right", "wrong: ...", or the name of an error.
 *
 * Right is one mount, with the id that the service told, whose root is the leaf of what was src/dir
 * or src/other, on the leaf of what was dst/dir or dst/other: to these the names that were asked
 * for lead without a symbolic link. All else is wrong: above all the leaves of TREE/forbidden, to
 * which symbolic links alone lead; a mount that is nowhere to be found; and one after an error. It
 * is mount ids and inodes that are compared, in directories that are held: no path is looked up
 * again.
 */

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

typedef struct {
  const char *directory;
  const char *name;
  gboolean allowed;
  int fd;        /* the directory */
  guint64 inode; /* what has the name when nobody exchanges anything */
  guint64 mount; /* what that is on when nothing is mounted */
} Spot;

static Spot sources[] = {
  { .directory = "src/dir", .name = "leaf", .allowed = TRUE },
  { .directory = "src/other", .name = "leaf", .allowed = TRUE },
  { .directory = "forbidden/src", .name = "leaf" },
};

/* "away" is a symbolic link that is exchanged with the leaf beside it. */
static Spot targets[] = {
  { .directory = "dst/dir", .name = "leaf", .allowed = TRUE },
  { .directory = "dst/dir", .name = "away", .allowed = TRUE },
  { .directory = "dst/other", .name = "leaf", .allowed = TRUE },
  { .directory = "forbidden/dst", .name = "leaf" },
};

/* For judge(): ids that no mount has. */
#define ANY 0
#define NONE G_MAXUINT64
#define NOWHERE "wrong: nowhere"

static char *source_path, *target_path;
static GDBusConnection *bus;
static GHashTable *outcomes; /* "WAY OUTCOME" -> count */

static void G_GNUC_NORETURN
die (const char *what, const char *why)
{
  fprintf (stderr, "bind-loop: %s: %s\n", what, why);
  exit (1);
}

static void
look (const Spot *spot, struct statx *found)
{
  if (statx (spot->fd, spot->name, AT_SYMLINK_NOFOLLOW,
             STATX_INO | STATX_MNT_ID | STATX_MNT_ID_UNIQUE, found)
      < 0)
    die (spot->directory, strerror (errno));
}

static void
hold (const char *tree, Spot *spots, gsize n)
{
  for (Spot *spot = spots; spot < spots + n; spot++) {
    g_autofree char *path = g_build_filename (tree, spot->directory, NULL);
    struct statx found;

    spot->fd = open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (spot->fd < 0)
      die (path, strerror (errno));
    look (spot, &found);
    spot->inode = found.stx_ino;
    spot->mount = found.stx_mnt_id;
  }
}

static const Spot *
source_of (const struct statx *mount)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    if (sources[i].inode == mount->stx_ino)
      return &sources[i];
  die ("mounted", "no leaf of a source");
}

static void
unmount (const Spot *spot)
{
  if (fchdir (spot->fd) < 0 || umount2 (spot->name, UMOUNT_NOFOLLOW | MNT_DETACH) < 0)
    die (spot->directory, strerror (errno));
}

/* Takes away all that was mounted. Returns @nothing where that was nothing, else whether it was
 * what it should be: one mount, with this @id. */
static char *
judge (guint64 id, const char *nothing)
{
  g_autoptr (GString) landed = g_string_new ("wrong:");
  gboolean right = FALSE;
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++) {
    const Spot *source;
    struct statx found;

    look (&targets[i], &found);
    if (found.stx_mnt_id == targets[i].mount)
      continue;
    n++;
    source = source_of (&found);
    right = source->allowed && targets[i].allowed && (id == ANY || id == found.stx_mnt_id);
    g_string_append_printf (landed, " %s on %s", source->directory, targets[i].directory);
    unmount (&targets[i]);
  }
  if (n == 0)
    return g_strdup (nothing);
  return n == 1 && right ? g_strdup ("right") : g_string_free (g_steal_pointer (&landed), FALSE);
}

static void
count (const char *way, const char *outcome)
{
  char *key = g_strdup_printf ("%s %s", way, outcome);
  guint before = GPOINTER_TO_UINT (g_hash_table_lookup (outcomes, key));

  g_hash_table_replace (outcomes, key, GUINT_TO_POINTER (before + 1));
}

static void
by_service (const char *option)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *name = NULL;
  g_autofree char *outcome = NULL;
  GVariantDict options;
  guint64 id;

  g_variant_dict_init (&options, NULL);
  if (option != NULL)
    g_variant_dict_insert (&options, option, "b", TRUE);
  reply = g_dbus_connection_call_sync (
      bus, "org.linx.Mount1", "/org/linx/Mount1", "org.linx.Mount1", "Bind",
      g_variant_new ("(ss@a{sv})", source_path, target_path, g_variant_dict_end (&options)),
      G_VARIANT_TYPE ("(t)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  if (reply != NULL) {
    g_variant_get (reply, "(t)", &id);
    outcome = judge (id, NOWHERE);
  } else {
    name = g_dbus_error_get_remote_error (error);
    outcome = judge (NONE, name != NULL ? name : error->message);
  }
  count ("service", outcome);
}

/* Whether the path leads where it says, without a symbolic link. */
static gboolean
is_straight (const char *path)
{
  char real[PATH_MAX];

  return realpath (path, real) != NULL && g_str_equal (real, path);
}

static void
by_path (void)
{
  g_autofree char *outcome = NULL;

  if (!is_straight (source_path) || !is_straight (target_path))
    outcome = g_strdup ("refused");
  else if (mount (source_path, target_path, NULL, MS_BIND, NULL) < 0)
    outcome = g_strdup (g_strerror (errno));
  else
    outcome = judge (ANY, NOWHERE);
  count ("classic", outcome);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer key, value;

  if (argc != 3 && argc != 4)
    die ("usage", "bind-loop TREE COUNT [OPTION]");
  bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  if (bus == NULL)
    die ("the bus", error->message);
  outcomes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  source_path = g_build_filename (argv[1], "src/dir/leaf", NULL);
  target_path = g_build_filename (argv[1], "dst/dir/leaf", NULL);
  hold (argv[1], sources, G_N_ELEMENTS (sources));
  hold (argv[1], targets, G_N_ELEMENTS (targets));
  puts ("ready");
  fflush (stdout);
  while (getchar () != EOF)
    ;
  for (int i = 0; i < atoi (argv[2]); i++) {
    by_service (argv[3]);
    if (i % 10 == 9)
      by_path ();
  }
  g_hash_table_iter_init (&iter, outcomes);
  while (g_hash_table_iter_next (&iter, &key, &value))
    printf ("%s %u\n", (const char *)key, GPOINTER_TO_UINT (value));
  return 0;
}
