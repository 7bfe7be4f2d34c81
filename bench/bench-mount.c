/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * bench-mount SECONDS VERB...: what mounting and unmounting costs in another mount namespace, by
 * the service and by other ways. For use by bench.py, as root inside tests/rig/rig.py.
 *
 * Each VERB ("mount", "bind") is measured with 1 and 16 clients and with 30 and 10,000 mounts in
 * the namespace, for SECONDS each. A client is a process with one connection and one target. In a
 * round each way has its turn, in all clients at once; what is told is the median over clients and
 * rounds.
 */

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

#define MOST_CLIENTS 16
#define MOST_SAMPLES 65536
/* How often in a round a way has its turn that costs no process. */
#define TURNS 3
/* Of what is no process: what one way leaves in the caches is not the next one's to pay for. */
#define BURST 8

typedef struct {
  double us[MOST_SAMPLES];
  guint n;
} Samples;

static int clients[2][MOST_CLIENTS]; /* sockets to those of root, and of alice */
static Samples samples[N_WAYS];

static double
now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

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
  bench_connect ();
  while (recv (channel, &order, sizeof order, 0) == sizeof order) {
    double start = now_us ();
    double used;

    for (guint i = 0; i < order.burst; i++)
      bench_take_way (&order, target);
    used = (now_us () - start) / order.burst;
    bench_check ((int)send (channel, &used, sizeof used, 0), "send");
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

/* A namespace to mount in */

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
furnish (guint n_mounts)
{
  char path[64] = "/mnt/source";
  guint n;

  bench_check (unshare (CLONE_NEWNS), "unshare");
  bench_check (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
  bench_check (mount ("tmpfs", "/mnt", "tmpfs", 0, "nr_inodes=0,mode=755"), "mount");
  bench_check (mkdir (path, 0755), path);
  for (int i = 0; i < MOST_CLIENTS; i++) {
    g_snprintf (path, sizeof path, "/mnt/target-%d", i);
    bench_check (mkdir (path, 0755), path);
  }
  for (n = count_mounts (); n < n_mounts; n++) {
    g_snprintf (path, sizeof path, "/mnt/more-%u", n);
    bench_check (mkdir (path, 0755), path);
    bench_check (mount ("/mnt/source", path, NULL, MS_BIND, NULL), path);
  }
}

static pid_t
park (guint n_mounts)
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
    if (keep && all->n < MOST_SAMPLES)
      all->us[all->n++] = us;
  }
}

static void
take_round (Order *order, guint n_clients, gboolean keep)
{
  order->burst = BURST;
  for (guint turn = 0; turn < TURNS; turn++)
    for (order->way = 0; order->way < WAY_NSENTER; order->way++)
      take_turn (order, n_clients, keep);
  order->burst = 1;
  for (order->way = WAY_NSENTER; order->way < N_WAYS; order->way++)
    take_turn (order, n_clients, keep);
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double
median (Way way)
{
  Samples *all = &samples[way];

  qsort (all->us, all->n, sizeof all->us[0], compare);
  return all->us[all->n / 2];
}

static void
measure (gboolean bind, guint n_clients, guint n_mounts, pid_t pid, double seconds)
{
  Order order = { .bind = bind, .pid = pid };
  double end = now_us () + seconds * 1e6;
  double us[N_WAYS];
  guint rounds = 0;

  for (Way way = 0; way < N_WAYS; way++)
    samples[way].n = 0;
  take_round (&order, n_clients, FALSE);
  do
    take_round (&order, n_clients, TRUE);
  while (++rounds < 3 || now_us () < end);
  printf ("%-5s %7u %6u %6u", bind ? "bind" : "mount", n_clients, n_mounts, rounds);
  for (Way way = 0; way < N_WAYS; way++)
    printf (" %8.0f", us[way] = median (way));
  printf (" %8.1f %8.1f %8.2f %8.2f\n", us[WAY_NSENTER] / us[WAY_ROOT],
          us[WAY_SUDO] / us[WAY_ALICE], us[WAY_ROOT] / (2 * us[WAY_GET] + us[WAY_FLOOR]),
          us[WAY_ROOT] / (2 * us[WAY_PING] + us[WAY_FLOOR]));
  fflush (stdout);
}

static void
measure_verb (gboolean bind, const guint *n_mounts, const pid_t *parked, double seconds)
{
  for (guint i = 0; i < 2; i++)
    for (guint n = 1; n <= MOST_CLIENTS; n *= MOST_CLIENTS)
      measure (bind, n, n_mounts[i], parked[i], seconds);
}

int
main (int argc, char **argv)
{
  static const guint n_mounts[2] = { 30, 10000 };
  const pid_t parked[2] = { park (n_mounts[0]), park (n_mounts[1]) };
  const struct passwd *alice = getpwnam ("alice");

  if (argc < 3 || alice == NULL)
    bench_die ("usage", "bench-mount SECONDS VERB..., in the rig");
  for (int i = 0; i < MOST_CLIENTS; i++) {
    clients[0][i] = start_client (i, NULL);
    clients[1][i] = start_client (i, alice);
  }
  printf ("medians in microseconds of one empty call (ping, get), and of mounting and unmounting\n"
          "%-5s %7s %6s %6s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n",
          "verb", "clients", "mounts", "rounds", "ping", "get", "floor", "root", "alice", "nsenter",
          "sudo", "ns/root", "su/alice", "root/get", "root/png");
  for (int i = 2; i < argc; i++)
    measure_verb (g_str_equal (argv[i], "bind"), n_mounts, parked, strtod (argv[1], NULL));
  return 0;
}
