/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor.h"
#include "notify.h"

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel tells nobody of a process that ended but for a thread of it: how often to look, once
 * it is to end. */
#define LOOK_NS (20 * 1000 * 1000)

/* The service's word that its main loop goes round. */
#define PULSE SIGUSR1

/* In the child: of whom it is one. */
static pid_t supervisor;

/* Whether it runs no more, that is, its first thread is a zombie, and how that ended, which is the
 * last field (proc_pid_stat(5)): a service that crashes loses its name on the bus before it is a
 * zombie, and systemd ends a unit whose name is lost as if it had been asked to. */
static gboolean
has_ended (pid_t pid, int *status)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  const char *after_name;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  after_name = strrchr (text, ')');
  if (after_name == NULL || !g_str_has_prefix (after_name, ") Z"))
    return FALSE;
  *status = atoi (strrchr (text, ' '));
  return TRUE;
}

/* As the service did, so that whoever waits sees why; the dump is the service's alone. */
static void G_GNUC_NORETURN
end_like (int status)
{
  sigset_t number;

  if (WIFEXITED (status))
    _exit (WEXITSTATUS (status));
  prctl (PR_SET_DUMPABLE, 0);
  signal (WTERMSIG (status), SIG_DFL);
  sigemptyset (&number);
  sigaddset (&number, WTERMSIG (status));
  sigprocmask (SIG_UNBLOCK, &number, NULL);
  raise (WTERMSIG (status));
  _exit (EXIT_FAILURE);
}

static void G_GNUC_NORETURN
keep (pid_t service, const sigset_t *signals)
{
  const struct timespec pause = { .tv_nsec = LOOK_NS };
  gboolean is_ending = FALSE;

  for (;;) {
    siginfo_t info;
    int number = is_ending ? sigtimedwait (signals, &info, &pause) : sigwaitinfo (signals, &info);
    int status;

    if (waitpid (service, &status, WNOHANG) == service)
      end_like (status);
    if (number == PULSE && info.si_pid == service)
      linx_notify_watchdog ();
    if (number == SIGTERM || number == SIGINT) {
      kill (service, number);
      is_ending = TRUE;
    }
    if (is_ending && has_ended (service, &status))
      end_like (status);
  }
}

void
linx_supervisor_start (void)
{
  pid_t self = getpid (), service;
  sigset_t signals, old;

  sigemptyset (&signals);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGCHLD);
  sigaddset (&signals, PULSE);
  sigprocmask (SIG_BLOCK, &signals, &old);
  service = fork ();
  if (service < 0) {
    perror ("linx-mountd: fork");
    _exit (EXIT_FAILURE);
  }
  if (service > 0)
    keep (service, &signals);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != self)
    _exit (EXIT_FAILURE);
  supervisor = self;
  sigprocmask (SIG_SETMASK, &old, NULL);
}

gboolean
linx_supervisor_ping (void)
{
  if (supervisor == 0)
    return FALSE;
  kill (supervisor, PULSE);
  return TRUE;
}
