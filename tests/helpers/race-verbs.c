/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "race-verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static GDBusConnection *bus;
static const char *option;
static char *source, *target, *fresh;
static guint64 tree_mount; /* the mount that the whole tree is in */

gboolean
race_is_mounted (const State *state)
{
  return state->inode != 0 && state->mount != tree_mount;
}

/* By the service */

static GVariant *
options_with (const char *key, GVariant *value)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (option != NULL)
    g_variant_dict_insert (&options, option, "b", TRUE);
  if (key != NULL)
    g_variant_dict_insert_value (&options, key, value);
  return g_variant_dict_end (&options);
}

static char *
call (const char *method, GVariant *arguments, GUnixFDList *given, GUnixFDList **got)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_sync (
      bus, "org.linx.Mount1", "/org/linx/Mount1", "org.linx.Mount1", method, arguments, NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, given, got, NULL, &error);
  char *name;

  if (reply != NULL)
    return NULL;
  name = g_dbus_error_get_remote_error (error);
  return name != NULL ? name : g_strdup (error->message);
}

static char *
service_mount (const RaceVerb *verb)
{
  (void)verb;
  return call ("Mount",
               g_variant_new ("(sss@a{sv})", "x", target, "tmpfs", options_with (NULL, NULL)), NULL,
               NULL);
}

static char *
service_create (const RaceVerb *verb)
{
  GVariant *options = options_with ("create", g_variant_new_string ("directory"));

  (void)verb;
  return call ("Mount", g_variant_new ("(sss@a{sv})", "x", fresh, "tmpfs", options), NULL, NULL);
}

static char *
service_bind (const RaceVerb *verb)
{
  (void)verb;
  return call ("Bind", g_variant_new ("(ss@a{sv})", source, target, options_with (NULL, NULL)),
               NULL, NULL);
}

static char *
service_move (const RaceVerb *verb)
{
  (void)verb;
  return call ("Move", g_variant_new ("(ss@a{sv})", source, target, options_with (NULL, NULL)),
               NULL, NULL);
}

static char *
service_umount (const RaceVerb *verb)
{
  (void)verb;
  return call ("Umount", g_variant_new ("(s@a{sv})", target, options_with (NULL, NULL)), NULL,
               NULL);
}

static char *
service_remount (const RaceVerb *verb)
{
  GVariant *options = options_with ("options", g_variant_new_string ("noexec"));

  (void)verb;
  return call ("Remount", g_variant_new ("(s@a{sv})", target, options), NULL, NULL);
}

static char *
service_propagation (const RaceVerb *verb)
{
  (void)verb;
  return call ("SetPropagation",
               g_variant_new ("(ss@a{sv})", target, "shared", options_with (NULL, NULL)), NULL,
               NULL);
}

static char *
service_attach (const RaceVerb *verb)
{
  g_autoptr (GUnixFDList) fds = NULL;
  char *failed = call ("CreateMount",
                       g_variant_new ("(ss@a{sv})", "x", "tmpfs", g_variant_new ("a{sv}", NULL)),
                       NULL, &fds);

  (void)verb;
  if (failed != NULL)
    die ("CreateMount", failed);
  return call ("AttachMount", g_variant_new ("(hs@a{sv})", 0, target, options_with (NULL, NULL)),
               fds, NULL);
}

/* By path, after a check */

/* Whether the path leads where it says, without a symbolic link. */
static gboolean
is_straight (const char *path)
{
  char real[PATH_MAX];

  return realpath (path, real) != NULL && g_str_equal (real, path);
}

static char *
result (int rc)
{
  return rc < 0 ? g_strdup (g_strerror (errno)) : NULL;
}

static char *
path_mount (const RaceVerb *verb)
{
  (void)verb;
  return is_straight (target) ? result (mount ("x", target, "tmpfs", 0, NULL))
                              : g_strdup ("refused");
}

static char *
path_create (const RaceVerb *verb)
{
  g_autofree char *parent = g_path_get_dirname (fresh);
  char *failed;

  (void)verb;
  if (!is_straight (parent))
    return g_strdup ("refused");
  failed = result (mkdir (fresh, 0755));
  return failed != NULL ? failed : result (mount ("x", fresh, "tmpfs", 0, NULL));
}

/* Where bind or move it is; a mount there is moved. */
static char *
path_place (const RaceVerb *verb)
{
  if (!is_straight (source) || !is_straight (target))
    return g_strdup ("refused");
  return result (
      mount (source, target, NULL, g_str_equal (verb->name, "move") ? MS_MOVE : MS_BIND, NULL));
}

static char *
path_umount (const RaceVerb *verb)
{
  (void)verb;
  return is_straight (target) ? result (umount2 (target, 0)) : g_strdup ("refused");
}

static char *
path_change (const RaceVerb *verb)
{
  unsigned long flags
      = g_str_equal (verb->name, "remount") ? MS_REMOUNT | MS_BIND | MS_NOEXEC : MS_SHARED;

  return is_straight (target) ? result (mount (NULL, target, NULL, flags, NULL))
                              : g_strdup ("refused");
}

/* pivot_root: of a child in a namespace of its own, so that there is always a root to change */

static pid_t
start_child (char *(*func) (void), int *said)
{
  int pair[2];
  char byte;
  pid_t pid;

  if (pipe2 (pair, O_CLOEXEC) < 0 || (pid = fork ()) < 0)
    die ("fork", strerror (errno));
  if (pid == 0) {
    if (unshare (CLONE_NEWNS) < 0 || (func != NULL && func () != NULL))
      _exit (1);
    if (write (pair[1], "", 1) == 1)
      pause ();
    _exit (0);
  }
  close (pair[1]);
  *said = (int)read (pair[0], &byte, 1);
  close (pair[0]);
  return pid;
}

/* Ends the child: where it has got a root, is it the right one? */
static char *
settle_child (pid_t pid, char *failed)
{
  g_autofree char *root = g_strdup_printf ("/proc/%d/root", (int)pid);

  if (failed == NULL && spots_is_forbidden (root))
    failed = g_strdup ("wrong: forbidden");
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  return failed;
}

static char *
service_pivot (const RaceVerb *verb)
{
  int said;
  pid_t pid = start_child (NULL, &said);
  GVariant *options = options_with ("in", g_variant_new_uint32 ((guint32)pid));

  (void)verb;
  return settle_child (
      pid, call ("PivotRoot", g_variant_new ("(ss@a{sv})", target, "", options), NULL, NULL));
}

/* In the child. */
static char *
pivot_here (void)
{
  char real[PATH_MAX];

  if (realpath (target, real) == NULL || strcmp (real, target) != 0 || chdir (target) < 0
      || syscall (SYS_pivot_root, ".", ".") < 0 || umount2 (".", MNT_DETACH) < 0)
    return (char *)"refused";
  return NULL;
}

static char *
path_pivot (const RaceVerb *verb)
{
  int said;
  pid_t pid = start_child (pivot_here, &said);

  (void)verb;
  return settle_child (pid, said == 1 ? NULL : g_strdup ("refused"));
}

#define SRC (1U << SIDE_SRC)
#define DST (1U << SIDE_DST)

static const RaceVerb verbs[] = {
  { "mount", 0, FALSE, service_mount, path_mount },
  { "create", 0, FALSE, service_create, path_create },
  { "bind", 0, FALSE, service_bind, path_place },
  { "attach", 0, FALSE, service_attach, path_mount },
  { "move", SRC, FALSE, service_move, path_place },
  { "umount", DST, FALSE, service_umount, path_umount },
  { "remount", DST, FALSE, service_remount, path_change },
  { "propagation", DST, FALSE, service_propagation, path_change },
  { "pivot", DST, TRUE, service_pivot, path_pivot },
};

const RaceVerb *
race_verb_start (const char *name, const char *tree, const char *boolean)
{
  g_autoptr (GError) error = NULL;
  State states[N_SPOTS];
  const RaceVerb *verb = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    verb = g_str_equal (verbs[i].name, name) ? &verbs[i] : verb;
  if (verb == NULL)
    die (name, "no such verb");
  bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  if (bus == NULL)
    die ("the bus", error->message);
  option = boolean;
  source = g_build_filename (tree, "src/dir/leaf", NULL);
  target = g_build_filename (tree, "dst/dir/leaf", NULL);
  fresh = g_build_filename (tree, "dst/dir/new", NULL);
  spots_hold (tree);
  spots_look (states);
  tree_mount = states[0].mount;
  if (verb->mounted != 0)
    spots_make_templates (tree);
  for (guint i = 0; i < N_SPOTS; i++)
    if ((verb->mounted & 1U << spots[i].side) != 0 && g_str_equal (spots[i].name, "leaf"))
      spots_mount (&spots[i]);
  return verb;
}
