/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * bench-list MOUNTS...: what reading the mount table of another namespace costs, with so many
 * mounts in it: by the service and by other ways, each from this process to rows that it can use.
 * For use by bench.py, as root inside tests/rig/rig.py.
 */

#include "list-ways.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* For how long each way is repeated, and how often at least and at most. */
#define SECONDS 1.5
#define LEAST_ROUNDS 3
#define MAX_ROUNDS 200

static GDBusConnection *bus;

static double
measure (void (*take) (void), guint *rounds)
{
  double us[MAX_ROUNDS];
  double end = bench_now_us () + SECONDS * 1e6;

  *rounds = 0;
  while (*rounds < LEAST_ROUNDS || (bench_now_us () < end && *rounds < MAX_ROUNDS)) {
    double start = bench_now_us ();

    take ();
    us[(*rounds)++] = bench_now_us () - start;
  }
  return bench_median (us, *rounds);
}

/* The most memory that a process had resident, in KiB, since this was called for it before. */
static guint64
peak (guint of)
{
  g_autofree char *status = g_strdup_printf ("/proc/%u/status", of);
  g_autofree char *clear = g_strdup_printf ("/proc/%u/clear_refs", of);
  g_autofree char *text = NULL;
  const char *line;
  FILE *refs = fopen (clear, "we");

  if (refs == NULL || !g_file_get_contents (status, &text, NULL, NULL))
    bench_die (clear, strerror (errno));
  line = strstr (text, "VmHWM:");
  fputs ("5", refs);
  fclose (refs);
  return line != NULL ? g_ascii_strtoull (line + strlen ("VmHWM:"), NULL, 10) : 0;
}

static guint
service_pid (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetConnectionUnixProcessID",
      g_variant_new ("(s)", BENCH_NAME), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  guint32 found;

  if (reply == NULL)
    bench_die ("the service's process", error->message);
  g_variant_get (reply, "(u)", &found);
  return found;
}

static void
measure_all (guint n_mounts)
{
  guint n_ways;
  const ListWay *ways = bench_list_ways (&n_ways);
  g_autofree double *us = g_new0 (double, n_ways);
  guint service, rounds;

  bench_list_target ();
  service = service_pid ();
  peak (service);
  bench_list_whole ();
  peak (service);
  peak ((guint)getpid ());
  bench_list_whole ();
  printf ("\n%u mounts; listed whole%s: service %.1f MiB resident at most, client %.1f MiB\n",
          n_mounts, n_mounts > LIST_MAX_WHOLE ? " in pages of 5000" : "",
          (double)peak (service) / 1024, (double)peak ((guint)getpid ()) / 1024);
  printf ("%-20s %10s %8s  %s\n", "", "ms", "rounds", "times as fast");
  for (gsize i = 0; i < n_ways; i++) {
    if (n_mounts > ways[i].most)
      continue;
    us[i] = measure (ways[i].take, &rounds);
    printf ("%-20s %10.2f %8u", ways[i].name, us[i] / 1e3, rounds);
    for (gsize k = 0; ways[i].by != NULL && k < i; k++)
      if (g_str_equal (ways[k].name, ways[i].by))
        printf ("  %8.2f as %s", us[k] / us[i], ways[k].name);
    printf ("\n");
    fflush (stdout);
  }
}

int
main (int argc, char **argv)
{
  bus = bench_connect ();
  for (int i = 1; i < argc; i++) {
    guint n_mounts = (guint)strtoul (argv[i], NULL, 10);
    pid_t pid = bench_park (n_mounts);

    bench_list_in (bus, pid, n_mounts);
    measure_all (n_mounts);
    kill (pid, SIGKILL);
    waitpid (pid, NULL, 0);
  }
  g_object_unref (bus);
  return 0;
}
