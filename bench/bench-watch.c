/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * bench-watch MOUNTS...: how long after a mount call a watcher knows of it, with so many mounts in
 * the namespace: by the signal, and by poll(2) on mountinfo and reading it. Once in quiet, once
 * while a thousand mounts come and go each second. For use by bench.py, as root inside
 * tests/rig/rig.py.
 *
 * A process in the namespace makes marks: mounts whose source says when they were made.
 */

#include "tools.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARKS 40
/* From one mark to the next. Not a multiple of the service's pause. */
#define MARK_US 113000
#define CHURN_A_SECOND 1000

typedef struct {
  double us[MARKS];
  guint n;
} Marks;

static Marks told, polled;
static guint overflows;
static GMainLoop *loop;

static void
take_mark (Marks *marks, const char *source)
{
  double made;

  if (!g_str_has_prefix (source, "mark-") || marks->n == MARKS)
    return;
  made = g_ascii_strtod (source + strlen ("mark-"), NULL);
  marks->us[marks->n++] = bench_now_us () - made;
}

/* The process in the namespace */

static void
enter (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/ns/mnt", (int)pid);
  int ns = bench_check (open (path, O_RDONLY | O_CLOEXEC), path);

  bench_check (setns (ns, CLONE_NEWNS), "setns");
  close (ns);
}

static void
make_mark (void)
{
  char source[64];

  g_snprintf (source, sizeof source, "mark-%.0f", bench_now_us ());
  bench_check (mount (source, "/mnt/target-0", "tmpfs", 0, NULL), "mount");
}

static pid_t
start_churn (pid_t pid, gboolean churns)
{
  pid_t churn = bench_check (fork (), "fork");
  double next, mark;

  if (churn != 0)
    return churn;
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  enter (pid);
  next = bench_now_us ();
  mark = next + MARK_US;
  for (guint made = 0; made < MARKS;) {
    if (churns) {
      bench_check (mount ("/mnt/source", "/mnt/target-1", NULL, MS_BIND, NULL), "mount");
      bench_check (umount2 ("/mnt/target-1", 0), "umount");
      next += 1e6 / CHURN_A_SECOND;
    } else {
      next = mark;
    }
    if (next > bench_now_us ())
      g_usleep ((gulong)(next - bench_now_us ()));
    if (bench_now_us () < mark)
      continue;
    make_mark ();
    made++;
    mark += MARK_US;
  }
  _exit (0);
}

/* poll(2) */

static gpointer
watch_by_poll (gpointer data)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/mountinfo", GPOINTER_TO_INT (data));
  struct pollfd fd
      = { .fd = bench_check (open (path, O_RDONLY | O_CLOEXEC), path), .events = POLLPRI };
  g_autofree char *last = g_strdup ("");

  while (polled.n < MARKS) {
    FILE *stream;
    char *line = NULL;
    size_t size = 0;

    bench_check (poll (&fd, 1, -1), "poll");
    stream = fopen (path, "re");
    while (getline (&line, &size, stream) > 0) {
      char *source = strstr (line, " mark-");

      if (source == NULL)
        continue;
      source = g_strdup (source + 1);
      if (strcmp (source, last) > 0) {
        take_mark (&polled, source);
        g_free (last);
        last = source;
      } else {
        g_free (source);
      }
    }
    free (line);
    fclose (stream);
  }
  close (fd.fd);
  return NULL;
}

/* The signals */

static void
on_signal (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
           const char *name, GVariant *arguments, gpointer data)
{
  g_autoptr (GVariantIter) added = NULL;
  GVariant *row;

  (void)bus;
  (void)sender;
  (void)path;
  (void)interface;
  (void)data;
  overflows += g_str_equal (name, "Overflow");
  if (!g_str_equal (name, "Changed"))
    return;
  g_variant_get (arguments, "(tata(a{sv})a(a{sv}))", NULL, NULL, &added, NULL);
  while (g_variant_iter_next (added, "(@a{sv})", &row)) {
    const char *source = "";

    g_variant_lookup (row, "source", "&s", &source);
    take_mark (&told, source);
    g_variant_unref (row);
  }
  if (told.n == MARKS)
    g_main_loop_quit (loop);
}

static gboolean
on_late (gpointer data)
{
  (void)data;
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
measure (guint n_mounts, gboolean churns)
{
  GDBusConnection *bus = bench_connect ();
  pid_t pid = bench_park (n_mounts);
  GVariantDict options;
  GThread *poller;
  pid_t churn;
  guint late;

  told.n = polled.n = overflows = 0;
  g_dbus_connection_signal_subscribe (bus, NULL, BENCH_NAME, NULL, NULL, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NONE, on_signal, NULL, NULL);
  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "in", "u", (guint32)pid);
  g_variant_unref (bench_call (bus, BENCH_NAME, "Watch",
                               g_variant_new ("(@a{sv})", g_variant_dict_end (&options)), NULL));
  poller = g_thread_new ("poll", watch_by_poll, GINT_TO_POINTER (pid));
  churn = start_churn (pid, churns);
  late = g_timeout_add_seconds (60, on_late, NULL);
  g_main_loop_run (loop);
  g_source_remove (late);
  g_thread_join (poller);
  waitpid (churn, NULL, 0);
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  g_dbus_connection_close_sync (bus, NULL, NULL);
  g_object_unref (bus);
  bench_median (told.us, told.n);
  bench_median (polled.us, polled.n);
  printf ("%7u %6s %6u %9u %10.1f %10.1f %10.1f %10.1f\n", n_mounts, churns ? "1000/s" : "none",
          told.n, overflows, told.us[told.n / 2] / 1e3, told.us[told.n - 1] / 1e3,
          polled.us[polled.n / 2] / 1e3, polled.us[polled.n - 1] / 1e3);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  loop = g_main_loop_new (NULL, FALSE);
  printf ("\nfrom before the mount call to knowing of it, ms; %d of %d marks each unless said\n"
          "%7s %6s %6s %9s %10s %10s %10s %10s\n",
          MARKS, MARKS, "mounts", "churn", "told", "overflows", "median", "most", "poll", "most");
  for (int i = 1; i < argc; i++) {
    guint n_mounts = (guint)strtoul (argv[i], NULL, 10);

    measure (n_mounts, FALSE);
    measure (n_mounts, TRUE);
  }
  g_main_loop_unref (loop);
  return 0;
}
