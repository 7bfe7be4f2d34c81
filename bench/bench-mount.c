/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * bench-mount SECONDS VERB...: what mounting and unmounting costs in another mount namespace, by
 * the service and by other ways. For use by bench.py, as root inside tests/rig/rig.py.
 *
 * Each VERB ("mount", "bind") is measured with 1 and 16 clients and with 30 and 10,000 mounts in
 * the namespace, for SECONDS each. A client is a process with one connection and one target. In a
 * round each way has its turn, of the same time in all clients at once: what costs little is done
 * so much more often, so that the clients of each way are at it together. What is told is the
 * median over clients and rounds.
 */

#include "jobs.h"
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SAMPLES 65536
/* Long enough that what another way left in the caches is not this one's to pay for. */
#define TURN_US 100000.

typedef struct {
  double us[MAX_SAMPLES];
  guint n;
} Samples;

static int clients[2][BENCH_TARGETS]; /* sockets to those of root, and of alice */
static Samples samples[N_WAYS];

/* A client */

static void G_GNUC_NORETURN
be_client (int channel, int number, const struct passwd *user)
{
  g_autofree char *target = g_strdup_printf ("/mnt/target-%d", number);
  Order order;

  if (user != NULL
      && (setgid (user->pw_gid) < 0 || setgroups (0, NULL) < 0 || setuid (user->pw_uid) < 0))
    bench_die (user->pw_name, strerror (errno));
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  channel = bench_check (dup2 (channel, STDIN_FILENO), "dup2");
  if (user == NULL)
    bench_jobs_init ();
  bench_take_connection ();
  while (recv (channel, &order, sizeof order, 0) == sizeof order) {
    double start = bench_now_us ();
    double used, each;
    guint n = 0;

    do {
      bench_take_way (&order, target);
      used = bench_now_us () - start;
      n++;
    } while (used < TURN_US);
    each = used / n;
    bench_check ((int)send (channel, &each, sizeof each, 0), "send");
  }
  _exit (0);
}

static int
start_client (int number, const struct passwd *user)
{
  int pair[2];

  bench_check (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
  if (bench_check (fork (), "fork") == 0) {
    close (pair[0]);
    be_client (pair[1], number, user);
  }
  close (pair[1]);
  return pair[0];
}

/* The measuring */

static void
take_turn (const Order *order, guint n_clients, gboolean keep)
{
  const int *group = clients[order->way == WAY_ALICE || order->way == WAY_SUDO];
  Samples *all = &samples[order->way];
  double us;

  for (guint i = 0; i < n_clients; i++)
    bench_check ((int)send (group[i], order, sizeof *order, 0), "send");
  for (guint i = 0; i < n_clients; i++) {
    if (recv (group[i], &us, sizeof us, 0) != sizeof us)
      exit (1); /* the client has said why */
    if (keep && all->n < MAX_SAMPLES)
      all->us[all->n++] = us;
  }
}

static void
take_round (Order *order, guint n_clients, gboolean keep)
{
  for (order->way = 0; order->way < N_WAYS; order->way++)
    take_turn (order, n_clients, keep);
}

static void
measure (gboolean bind, guint n_clients, guint n_mounts, pid_t pid, double seconds)
{
  Order order = { .bind = bind, .pid = pid };
  double end = bench_now_us () + seconds * 1e6;
  double us[N_WAYS];
  guint rounds = 0;

  for (Way way = 0; way < N_WAYS; way++)
    samples[way].n = 0;
  take_round (&order, n_clients, FALSE);
  do
    take_round (&order, n_clients, TRUE);
  while (++rounds < 3 || bench_now_us () < end);
  printf ("%-5s %7u %6u %6u", bind ? "bind" : "mount", n_clients, n_mounts, rounds);
  for (Way way = 0; way < N_WAYS; way++)
    printf (" %8.0f", us[way] = bench_median (samples[way].us, samples[way].n));
  printf (" %8.1f %8.1f %8.1f %8.2f %8.2f %8.2f\n", us[WAY_NSENTER] / us[WAY_SD_ROOT],
          us[WAY_NSENTER] / us[WAY_ROOT], us[WAY_SUDO] / us[WAY_ALICE],
          us[WAY_SD_ROOT] / (2 * us[WAY_SD_GET] + us[WAY_FLOOR]),
          us[WAY_ROOT] / (2 * us[WAY_GET] + us[WAY_FLOOR]),
          us[WAY_ROOT] / (2 * us[WAY_GET] + us[WAY_VISIT]));
  fflush (stdout);
}

static void
measure_verb (gboolean bind, const guint *n_mounts, const pid_t *parked, double seconds)
{
  for (guint i = 0; i < 2; i++)
    for (guint n = 1; n <= BENCH_TARGETS; n *= BENCH_TARGETS)
      measure (bind, n, n_mounts[i], parked[i], seconds);
}

int
main (int argc, char **argv)
{
  static const guint n_mounts[2] = { 30, 10000 };
  const pid_t parked[2] = { bench_park (n_mounts[0]), bench_park (n_mounts[1]) };
  const struct passwd *alice = getpwnam ("alice");

  if (argc < 3 || alice == NULL)
    bench_die ("usage", "bench-mount SECONDS VERB..., in the rig");
  for (int i = 0; i < BENCH_TARGETS; i++) {
    clients[0][i] = start_client (i, NULL);
    clients[1][i] = start_client (i, alice);
  }
  printf (
      "medians in microseconds of one empty call (get, sd-get), and of mounting and unmounting\n"
      "%-5s %7s %6s %6s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n",
      "verb", "clients", "mounts", "rounds", "get", "floor", "job", "root", "sd-get", "sd-root",
      "alice", "nsenter", "sudo", "ns/sd", "ns/root", "su/alice", "sd/floor", "rt/floor", "rt/job");
  for (int i = 2; i < argc; i++)
    measure_verb (g_str_equal (argv[i], "bind"), n_mounts, parked, strtod (argv[1], NULL));
  return 0;
}
