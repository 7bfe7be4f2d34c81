/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

/* What follows is another command, with its own options. */
static CtlExit
run (Ctl *ctl, char **args)
{
  const CtlCommand *command = ctl_command_find (args[0]);

  if (command == NULL || command == &ctl_can || command == &ctl_status)
    return ctl_usage ("can: '%s' is not a command that needs to be allowed", args[0]);
  ctl->only_ask = TRUE;
  return ctl_command_run (ctl, command, args);
}

const CtlCommand ctl_can
    = { "can", "COMMAND...", "Tell whether a command would be allowed", NULL, 1, G_MAXUINT, run };
