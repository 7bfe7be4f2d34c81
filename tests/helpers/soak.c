/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * soak root PID CALLS: about so many calls of all verbs that change or read something, over and
 * over, in the namespace of PID, whose /mnt is a tmpfs, has a directory "old", and is its root.
 * soak denied PID CALLS: so many that are refused, by a user without a rule.
 *
 * Exits with 0 where each ended as it should; prints how many there were.
 */

#include "linx-mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TRIES 1000

static LinxMountClient *client;
static LinxMountOptions *in, *create, *noexec, *target;
static guint64 calls;

/* A call that must have been done. */
static void
done (gboolean ok, const GError *error, const char *what)
{
  calls++;
  if (ok)
    return;
  fprintf (stderr, "soak: %s: %s\n", what, error != NULL ? error->message : "failed");
  exit (1);
}

#define DO(name, ...)                                                                              \
  do {                                                                                             \
    g_autoptr (GError) failed = NULL;                                                              \
    gboolean ok = linx_mount_client_##name (client, __VA_ARGS__, NULL, &failed) != 0;              \
                                                                                                   \
    done (ok, failed, #name);                                                                      \
  } while (0)

static LinxMountOptions *
options_with (const char *pid, const char *key, const char *value)
{
  LinxMountOptions *options = linx_mount_options_new ();
  g_autoptr (GError) error = NULL;

  if (!linx_mount_options_set_namespace (options, "in", pid, &error))
    done (FALSE, error, "in");
  if (key != NULL)
    linx_mount_options_set_string (options, key, value);
  return options;
}

static void
change (void)
{
  DO (mount, "x", "/a", "tmpfs", create);
  DO (bind, "/a", "/b", create);
  DO (remount, "/b", noexec);
  DO (set_propagation, "/b", "shared", in);
  DO (make_rprivate, "/", in);
  DO (mount, "x", "/c", "tmpfs", create);
  DO (umount, "/c", in);
  DO (move, "/b", "/c", in);
  DO (umount, "/c", in);
  DO (umount, "/a", in);
}

/* The descriptors of a message are closed after the reply, here and in the service: until then what
 * was attached is busy. */
static void
umount_when_free (const char *place)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = FALSE;

  for (guint tries = 0; tries < MAX_TRIES; tries++) {
    g_clear_error (&error);
    ok = linx_mount_client_umount (client, place, in, NULL, &error);
    if (ok || !linx_mount_error_is_kernel (error) || linx_mount_error_get_errno (error) != EBUSY)
      break;
  }
  done (ok, error, "umount");
}

static void
use_detached (void)
{
  g_autoptr (GError) error = NULL;
  int made = linx_mount_client_create_mount (client, "x", "tmpfs", in, NULL, &error);
  int cloned;

  done (made >= 0, error, "create_mount");
  cloned = linx_mount_client_clone_mount (client, "/", in, NULL, &error);
  done (cloned >= 0, error, "clone_mount");
  DO (attach_mount, made, "/a", in);
  close (made);
  close (cloned);
  umount_when_free ("/a");
}

static void
read_table (void)
{
  static const char *const words[] = { "/", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) rows = linx_mount_client_list_mounts (client, target, NULL, &error);
  g_autofree char *answer = NULL;
  guint64 watch;
  int fd;

  done (rows != NULL && g_variant_n_children (rows) == 1, error, "list_mounts");
  answer = linx_mount_client_can (client, "MakeRPrivate", words, -1, in, NULL, &error);
  done (answer != NULL, error, "can");
  fd = linx_mount_client_open_mount_info (client, in, NULL, &error);
  done (fd >= 0, error, "open_mount_info");
  close (fd);
  watch = linx_mount_client_watch (client, in, NULL, &error);
  done (watch != 0, error, "watch");
  DO (unwatch, watch);
}

/* There and back. */
static void
pivot (void)
{
  DO (mount, "new", "/a", "tmpfs", in);
  DO (mount, "x", "/a/old", "tmpfs", create);
  DO (umount, "/a/old", in);
  DO (pivot_root, "/a", "/a/old", in);
  DO (pivot_root, "/old", "/old/a", in);
  DO (umount, "/a", in);
}

static void
refused (void)
{
  g_autoptr (GError) error = NULL;

  if (linx_mount_client_mount (client, "x", "/", "tmpfs", in, NULL, &error) != 0
      || !g_error_matches (error, LINX_MOUNT_ERROR,
                           LINX_MOUNT_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
    done (FALSE, error, "a call that must be refused");
  calls++;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  guint64 most = argc == 4 ? strtoull (argv[3], NULL, 10) : 0;
  gboolean denied = argc == 4 && strcmp (argv[1], "denied") == 0;

  client = linx_mount_client_new_sync (NULL, &error);
  if (client == NULL)
    done (FALSE, error, "the bus");
  linx_mount_client_set_interactive (client, FALSE);
  in = options_with (argv[2], NULL, NULL);
  create = options_with (argv[2], "create", "directory");
  noexec = options_with (argv[2], "options", "noexec");
  target = options_with (argv[2], "target", "/");
  while (calls < most) {
    if (denied) {
      refused ();
      continue;
    }
    change ();
    use_detached ();
    read_table ();
    pivot ();
  }
  printf ("%" G_GUINT64_FORMAT "\n", calls);
  return 0;
}
