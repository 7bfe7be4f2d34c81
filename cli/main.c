/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>

/* What was not written was not done, though whoever left the pipe need not be told. */
static CtlExit
close_output (CtlExit rc)
{
  gboolean failed = ferror (stdout) != 0;

  errno = 0;
  if (fflush (stdout) == 0 && !failed)
    return rc;
  if (errno != EPIPE)
    ctl_say ("standard output could not be written");
  return rc != CTL_OK ? rc : CTL_FAILED;
}

int
main (int argc, char **argv)
{
  Ctl ctl = { 0 };
  CtlExit rc;

  (void)argc;
  setlocale (LC_ALL, "");
  rc = ctl_command_line (&ctl, argv);
  ctl_clear (&ctl);
  return (int)close_output (rc);
}
