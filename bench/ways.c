/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ways.h"
#include "sd-client.h"
#include "jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/* The service */

static GDBusConnection *bus;

void
bench_take_connection (void)
{
  bus = bench_connect ();
}

static void
call (const char *interface, const char *method, GVariant *arguments)
{
  g_variant_unref (bench_call (bus, interface, method, arguments, NULL));
}

static void
call_service (const char *method, GVariant *arguments)
{
  call (BENCH_NAME, method, arguments);
}

static GVariant *
in_namespace_of (pid_t pid)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "in", "u", (guint32)pid);
  return g_variant_dict_end (&options);
}

/* Both calls, as @take takes them. */
static void
mount_and_unmount (void (*take) (const char *method, GVariant *arguments), const Order *order,
                   const char *target)
{
  GVariant *options = in_namespace_of (order->pid);

  if (order->bind)
    take ("Bind", g_variant_new ("(ss@a{sv})", "/mnt/source", target, options));
  else
    take ("Mount", g_variant_new ("(sss@a{sv})", "tmpfs", target, "tmpfs", options));
  take ("Umount", g_variant_new ("(s@a{sv})", target, in_namespace_of (order->pid)));
}

/* The floor: the same system calls, each time on a thread of their own */

typedef struct {
  const Order *order;
  const char *target;
} Place;

static void
enter (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/ns/mnt", (int)pid);
  int ns;

  bench_check (close_range (3, ~0U, CLOSE_RANGE_UNSHARE), "close_range");
  bench_check (unshare (CLONE_FS), "unshare");
  ns = bench_check (open (path, O_RDONLY | O_CLOEXEC), path);
  bench_check (setns (ns, CLONE_NEWNS), "setns");
  close (ns);
}

static int
new_tmpfs (void)
{
  int context = bench_check (fsopen ("tmpfs", FSOPEN_CLOEXEC), "fsopen");
  int mount;

  bench_check (fsconfig (context, FSCONFIG_SET_STRING, "source", "tmpfs", 0), "fsconfig");
  bench_check (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig");
  mount = bench_check (fsmount (context, FSMOUNT_CLOEXEC, 0), "fsmount");
  close (context);
  return mount;
}

static void *
attach_on_thread (void *data)
{
  const Place *place = data;
  int mount;

  enter (place->order->pid);
  mount = place->order->bind ? bench_check (
              open_tree (AT_FDCWD, "/mnt/source", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "open_tree")
                             : new_tmpfs ();
  bench_check (move_mount (mount, "", AT_FDCWD, place->target, MOVE_MOUNT_F_EMPTY_PATH),
               "move_mount");
  close (mount);
  return NULL;
}

static void *
detach_on_thread (void *data)
{
  const Place *place = data;
  int parent;

  enter (place->order->pid);
  parent = bench_check (open ("/mnt", O_PATH | O_DIRECTORY | O_CLOEXEC), "/mnt");
  bench_check (fchdir (parent), "fchdir");
  bench_check (umount2 (place->target + strlen ("/mnt/"), UMOUNT_NOFOLLOW), "umount2");
  close (parent);
  return NULL;
}

static void
on_thread (void *(*func) (void *), Place *place)
{
  pthread_t thread;
  int rc = pthread_create (&thread, NULL, func, place);

  if (rc != 0)
    bench_die ("pthread_create", strerror (rc));
  pthread_join (thread, NULL);
}

/* Processes */

static void
run (const char *const *argv)
{
  pid_t pid;
  int status;
  int rc = posix_spawnp (&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

  if (rc != 0)
    bench_die (argv[0], strerror (rc));
  bench_check (waitpid (pid, &status, 0), "waitpid");
  if (status != 0)
    bench_die (argv[0], "failed");
}

static void
by_processes (const Order *order, const char *target)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int)order->pid);
  const char *const mount[]
      = { "sudo", "-n", "nsenter", "-t", pid, "-m", "mount", "-t", "tmpfs", "tmpfs", target, NULL };
  const char *const bind[] = { "sudo",  "-n",     "nsenter",     "-t",   pid, "-m",
                               "mount", "--bind", "/mnt/source", target, NULL };
  const char *const umount[] = { "sudo", "-n", "nsenter", "-t", pid, "-m", "umount", target, NULL };
  guint skip = order->way == WAY_SUDO ? 0 : 2;

  run ((order->bind ? bind : mount) + skip);
  run (umount + skip);
}

void
bench_take_way (const Order *order, const char *target)
{
  Place place = { order, target };

  switch (order->way) {
  case WAY_GET:
    call ("org.freedesktop.DBus.Properties", "Get", g_variant_new ("(ss)", BENCH_NAME, "Version"));
    break;
  case WAY_FLOOR:
    on_thread (attach_on_thread, &place);
    on_thread (detach_on_thread, &place);
    break;
  case WAY_VISIT:
    mount_and_unmount (bench_job, order, target);
    break;
  case WAY_ROOT:
  case WAY_ALICE:
    mount_and_unmount (call_service, order, target);
    break;
  case WAY_SD_GET:
    bench_sd_get ();
    break;
  case WAY_SD_ROOT:
    bench_sd_mount_and_unmount (order, target);
    break;
  default:
    by_processes (order, target);
  }
}
