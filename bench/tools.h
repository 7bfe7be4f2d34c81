/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

/* What the benchmarks share. */

#define BENCH_NAME "org.linx.Mount1"
/* Directories to mount on in a parked namespace: /mnt/target-0 and on; /mnt/source is one too. */
#define BENCH_TARGETS 16

/** bench_die: says what failed, and why, and ends the process */
void bench_die (const char *what, const char *why) G_GNUC_NORETURN;

/** bench_check: ends the process if @rc, a system call's result, is negative */
int bench_check (int rc, const char *what);

/** bench_now_us: CLOCK_MONOTONIC in microseconds */
double bench_now_us (void);

/** bench_connect: (transfer full): a connection of its own to the system bus */
GDBusConnection *bench_connect (void);

/** bench_call: (transfer full): the service's reply; an error ends the process */
GVariant *bench_call (GDBusConnection *bus, const char *interface, const char *method,
                      GVariant *arguments, GUnixFDList **fds);

/**
 * bench_park:
 * @n_mounts: how many mounts its namespace gets, of which 10 are of type ramfs where there is place
 *
 * Returns: a process that waits there, and ends with this one
 */
pid_t bench_park (guint n_mounts);

/** bench_median: sorts @values, and returns the one in the middle */
double bench_median (double *values, guint n);
