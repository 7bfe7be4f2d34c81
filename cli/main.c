/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

#include <locale.h>

int
main (int argc, char **argv)
{
  Ctl ctl = { 0 };
  CtlExit rc;

  (void)argc;
  setlocale (LC_ALL, "");
  rc = ctl_command_line (&ctl, argv);
  ctl_clear (&ctl);
  return (int)rc;
}
