/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OF_RAMFS 10
#define THOUSAND 1000

void
bench_die (const char *what, const char *why)
{
  fprintf (stderr, "bench: %s: %s\n", what, why);
  exit (1);
}

int
bench_check (int rc, const char *what)
{
  if (rc < 0)
    bench_die (what, strerror (errno));
  return rc;
}

double
bench_now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

GDBusConnection *
bench_connect (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  GDBusConnection *bus = NULL;

  if (address != NULL)
    bus = g_dbus_connection_new_for_address_sync (
        address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, &error);
  if (bus == NULL)
    bench_die ("the bus", error->message);
  return bus;
}

GVariant *
bench_call (GDBusConnection *bus, const char *interface, const char *method, GVariant *arguments,
            GUnixFDList **fds)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_with_unix_fd_list_sync (
      bus, BENCH_NAME, "/org/linx/Mount1", interface, method, arguments, NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, fds, NULL, &error);

  if (reply == NULL)
    bench_die (method, error->message);
  return reply;
}

static guint
count_mounts (void)
{
  g_autofree char *text = NULL;
  guint n = 0;

  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    bench_die ("mountinfo", "cannot be read");
  for (const char *p = text; *p != '\0'; p++)
    n += *p == '\n';
  return n;
}

static void
bind (const char *source, const char *name, guint number, unsigned long flags)
{
  g_autofree char *path = g_strdup_printf ("/mnt/%s-%u", name, number);

  bench_check (mkdir (path, 0755), path);
  bench_check (mount (source, path, flags == 0 ? "ramfs" : NULL, flags, NULL), path);
}

/* One by one takes the kernel longer, the more there are: beyond a thousand, a thousand at a time.
 */
static void
add_mounts (guint n)
{
  guint singles = n % THOUSAND, trees = n / THOUSAND;

  for (guint i = 0; i < singles; i++)
    bind (i < OF_RAMFS && n > OF_RAMFS ? "ramfs" : "/mnt/source", "more", i,
          i < OF_RAMFS && n > OF_RAMFS ? 0 : MS_BIND);
  if (trees == 0)
    return;
  bench_check (mkdir ("/mnt/tree", 0755), "/mnt/tree");
  bench_check (mount ("tmpfs", "/mnt/tree", "tmpfs", 0, "nr_inodes=0,mode=755"), "mount");
  for (guint i = 1; i < THOUSAND; i++)
    bind ("/mnt/source", "tree/in", i, MS_BIND);
  for (guint i = 1; i < trees; i++)
    bind ("/mnt/tree", "trees", i, MS_BIND | MS_REC);
}

static void
furnish (guint n_mounts)
{
  char path[64] = "/mnt/source";
  guint n;

  bench_check (unshare (CLONE_NEWNS), "unshare");
  bench_check (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
  bench_check (mount ("tmpfs", "/mnt", "tmpfs", 0, "nr_inodes=0,mode=755"), "mount");
  bench_check (mkdir (path, 0755), path);
  for (int i = 0; i < BENCH_TARGETS; i++) {
    g_snprintf (path, sizeof path, "/mnt/target-%d", i);
    bench_check (mkdir (path, 0755), path);
  }
  n = count_mounts ();
  if (n < n_mounts)
    add_mounts (n_mounts - n);
}

pid_t
bench_park (guint n_mounts)
{
  int ready[2];
  char byte;
  pid_t pid;

  bench_check (pipe2 (ready, O_CLOEXEC), "pipe");
  pid = bench_check (fork (), "fork");
  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    furnish (n_mounts);
    bench_check ((int)write (ready[1], "", 1), "write");
    for (;;)
      pause ();
  }
  close (ready[1]);
  if (read (ready[0], &byte, 1) != 1)
    bench_die ("the namespace", "was not made");
  close (ready[0]);
  return pid;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

double
bench_median (double *values, guint n)
{
  qsort (values, n, sizeof values[0], compare);
  return values[n / 2];
}
