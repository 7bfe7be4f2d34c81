/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/callers.h"
#include "bus/connection.h"
#include "bus/interface.h"
#include "bus/limits.h"
#include "bus/offload.h"
#include "bus/send-limits.h"
#include "call.h"
#include "config.h"
#include "kernel/features.h"
#include "kernel/process.h"
#include "mount/utab.h"
#include "object.h"
#include "policy/audit.h"
#include "policy/authorize.h"
#include "quota/memory.h"
#include "source/filesystem-types.h"
#include "supervisor.h"
#include "watch/watch.h"
#include "watchdog.h"
#include "worker/async-close.h"
#include "worker/worker.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_IDLE_SECONDS 60
#define MAX_CLOSERS 128
/* At the end, for what is in the kernel, and for a person at a prompt. The unit's TimeoutStopSec=
 * is more than both together. */
#define LAST_MS_IN_KERNEL 3000
#define LAST_SECONDS_AT_PROMPT 20

static gboolean show_version;
static gboolean is_supervised;
static int idle_seconds = DEFAULT_IDLE_SECONDS;

static const GOptionEntry entries[] = {
  { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version and exit", NULL },
  { "supervisor", 0, 0, G_OPTION_ARG_NONE, &is_supervised,
    "Serve in a child, whose end is seen though a thread of it is stuck in the kernel", NULL },
  { "idle-timeout", 0, 0, G_OPTION_ARG_INT, &idle_seconds,
    "Exit after so many seconds without a call or a watch (default 60; 0: never)", "SECONDS" },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static GMainLoop *loop;
static guint idle_timer;
static gboolean has_name;
static int exit_status = EXIT_SUCCESS;

static gboolean
on_idle_timeout (gpointer user_data)
{
  (void)user_data;
  idle_timer = 0;
  if (linx_calls_under_way () == 0 && linx_watches_count () == 0)
    g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
start_idle_timer (void)
{
  if (idle_timer != 0)
    g_source_remove (idle_timer);
  idle_timer
      = idle_seconds > 0 ? g_timeout_add_seconds ((guint)idle_seconds, on_idle_timeout, NULL) : 0;
}

static gboolean
on_signal (gpointer user_data)
{
  (void)user_data;
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

/* Before there is no place for what calls need: the next one has the bus start another service. */
static void
on_full (void)
{
  g_message ("others keep too many of the descriptors that they sent from being closed");
  exit_status = EXIT_FAILURE;
  if (loop != NULL)
    g_main_loop_quit (loop);
}

static void
on_name_acquired (GDBusConnection *bus, const char *name, gpointer user_data)
{
  (void)bus;
  (void)name;
  (void)user_data;
  has_name = TRUE;
}

/* Another service has it: nobody can take it from one that runs. */
static void
on_name_lost (GDBusConnection *bus, const char *name, gpointer user_data)
{
  (void)bus;
  (void)user_data;
  if (!has_name) {
    g_printerr ("linx-mountd: %s belongs to another service\n", name);
    exit_status = EXIT_FAILURE;
  }
  has_name = FALSE;
  g_main_loop_quit (loop);
}

static void
on_bus_closed (GDBusConnection *bus, gboolean by_peer, GError *error, gpointer user_data)
{
  (void)bus;
  (void)by_peer;
  (void)user_data;
  g_warning ("the system bus is gone: %s", error != NULL ? error->message : "closed");
  exit_status = EXIT_FAILURE;
  g_main_loop_quit (loop);
}

/* One descriptor is held for each caller, and a few for each call. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
  }
}

static gboolean
on_last_moment (gpointer unused)
{
  (void)unused;
  linx_authorize_give_up ();
  return G_SOURCE_REMOVE;
}

/* Replies to all that came before. */
static void
finish_calls (GDBusConnection *bus)
{
  g_timeout_add_seconds (LAST_SECONDS_AT_PROMPT, on_last_moment, NULL);
  linx_workers_hurry (LAST_MS_IN_KERNEL);
  while (linx_calls_under_way () > 0 || g_main_context_pending (NULL))
    g_main_context_iteration (NULL, TRUE);
  linx_bus_flush (bus);
}

/* Owns the name until it is told to stop. Letting go of it first, and replying to all that came
 * before, loses no call: whoever calls afterwards has the bus start the service anew. */
static void
serve (GDBusConnection *bus)
{
  guint name_id
      = g_bus_own_name_on_connection (bus, LINX_BUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                      on_name_acquired, on_name_lost, NULL, NULL);

  linx_calls_on_idle (start_idle_timer);
  linx_watches_init (start_idle_timer);
  start_idle_timer ();
  linx_watchdog_init ();
  g_main_loop_run (loop);
  linx_watches_end ();
  if (has_name)
    g_bus_unown_name (name_id);
  finish_calls (bus);
}

static GDBusConnection *
watch_over (GDBusConnection *bus)
{
  if (bus == NULL)
    return NULL;
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  g_signal_connect (bus, "closed", G_CALLBACK (on_bus_closed), NULL);
  return bus;
}

static gboolean
run (GError **error)
{
  g_autoptr (GDBusConnection) bus = NULL;
  g_autoptr (GDBusConnection) polkits = NULL;

  if (!linx_process_init (error))
    return FALSE;
  raise_descriptor_limit ();
  umask (0); /* `create` means the mode that it names */
  linx_features_probe ();
  linx_filesystem_types_init ();
  linx_audit_init ();
  linx_utab_init ();
  linx_offload_init ();
  linx_memory_init ();
  linx_async_close_init (MAX_CLOSERS);
  linx_async_close_on_full (on_full);
  linx_workers_init (linx_limits_calls ());
  polkits = watch_over (linx_bus_connect_to_polkit (error));
  bus = polkits != NULL ? watch_over (linx_bus_connect (error)) : NULL;
  if (bus == NULL)
    return FALSE;
  linx_send_limits_init (bus);
  if (!linx_callers_init (bus, error) || !linx_service_register (bus, error))
    return FALSE;
  loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, NULL);
  g_unix_signal_add (SIGINT, on_signal, NULL);
  serve (bus);
  linx_audit_finish ();
  linx_callers_clear ();
  linx_send_limits_clear ();
  linx_authorize_clear ();
  g_main_loop_unref (loop);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context,
                                "Mounts and unmounts for callers on the system bus (" LINX_BUS_NAME
                                "), in any mount namespace, as polkit allows.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, linx_limits_options (), NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1 || idle_seconds < 0
      || !linx_limits_check_options (&error)) {
    g_printerr ("linx-mountd: %s\n", error != NULL ? error->message
                                     : argc > 1    ? "takes no arguments"
                                                   : "--idle-timeout must not be negative");
    return 2;
  }
  if (show_version) {
    g_print ("linx-mountd %s\n", LINX_VERSION);
    return EXIT_SUCCESS;
  }
  if (is_supervised)
    linx_supervisor_start ();
  if (!run (&error)) {
    g_printerr ("linx-mountd: %s\n", error->message);
    return EXIT_FAILURE;
  }
  /* What runs at exit(3), a sanitizer's look for leaks for instance, may wait for all threads. */
  if (linx_limits_calls_under_way () > 0 || linx_async_close_is_closing ())
    _exit (exit_status);
  return exit_status;
}
