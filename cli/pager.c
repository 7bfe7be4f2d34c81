/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Ends by itself where the text fits on a screen. It may run no commands: it may be root's. */
static GSubprocess *
start (const char *pager)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE);
  const char *const argv[] = { "/bin/sh", "-c", pager, NULL };

  g_subprocess_launcher_setenv (launcher, "LESS", "FRSXMK", FALSE);
  g_subprocess_launcher_setenv (launcher, "LESSSECURE", "1", TRUE);
  return g_subprocess_launcher_spawnv (launcher, argv, NULL);
}

static const char *
pager_of_person (void)
{
  const char *pager = g_getenv ("PAGER");
  g_autofree char *less = pager == NULL ? g_find_program_in_path ("less") : NULL;

  if (pager == NULL)
    return less != NULL ? "less" : NULL;
  return pager[0] != '\0' && !g_str_equal (pager, "cat") ? pager : NULL;
}

/* Whether there was one: what the shell does not find, or may not run, ends with 127 or 126. */
static gboolean
show (const char *pager, const char *text)
{
  g_autoptr (GSubprocess) process = start (pager);

  if (process == NULL)
    return FALSE;
  signal (SIGPIPE, SIG_IGN); /* it may be left before the end */
  signal (SIGINT, SIG_IGN);  /* which is for the pager */
  g_output_stream_write_all (g_subprocess_get_stdin_pipe (process), text, strlen (text), NULL, NULL,
                             NULL);
  g_output_stream_close (g_subprocess_get_stdin_pipe (process), NULL, NULL);
  g_subprocess_wait (process, NULL, NULL);
  return !g_subprocess_get_if_exited (process) || g_subprocess_get_exit_status (process) < 126;
}

void
ctl_print (const Ctl *ctl, char *text)
{
  g_autofree char *owned = text;
  const char *pager = !ctl->no_pager && isatty (STDOUT_FILENO) ? pager_of_person () : NULL;

  if (pager != NULL && show (pager, owned))
    return;
  fwrite (owned, 1, strlen (owned), stdout);
  fflush (stdout);
}
