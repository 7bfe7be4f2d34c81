/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define AGENT "pkttyagent"
/* The descriptor's number in the agent. */
#define NOTIFY_FD 3

/* The agent closes the other end as soon as it is registered, or when it ends. */
static void
wait_until_closed (int fd)
{
  char byte;

  while (TEMP_FAILURE_RETRY (read (fd, &byte, 1)) > 0)
    ;
  close (fd);
}

/* In the agent, before it is one: it would outlive who is killed, and hold the terminal. */
static void
end_with_parent (gpointer parent)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != GPOINTER_TO_INT (parent))
    _exit (1);
}

GSubprocess *
ctl_agent_start (void)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char *process = g_strdup_printf ("%d", (int)getpid ());
  g_autofree char *notify = g_strdup_printf ("%d", NOTIFY_FD);
  GSubprocess *agent;
  int pair[2];

  if (geteuid () == 0 || !isatty (STDIN_FILENO) || !isatty (STDERR_FILENO)
      || !g_unix_open_pipe (pair, FD_CLOEXEC, NULL))
    return NULL;
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
  g_subprocess_launcher_take_fd (launcher, pair[1], NOTIFY_FD);
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, GINT_TO_POINTER (getpid ()),
                                         NULL);
  /* polkit looks for a fallback in sessions alone. */
  agent = g_subprocess_launcher_spawn (launcher, NULL, AGENT, "--process", process, "--notify-fd",
                                       notify, g_getenv ("XDG_SESSION_ID") ? "--fallback" : NULL,
                                       NULL);
  g_subprocess_launcher_close (launcher);
  wait_until_closed (pair[0]);
  return agent;
}

void
ctl_agent_end (GSubprocess *agent)
{
  g_subprocess_send_signal (agent, SIGTERM);
  g_subprocess_wait (agent, NULL, NULL);
  g_object_unref (agent);
}
