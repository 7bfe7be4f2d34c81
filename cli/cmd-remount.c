/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

static char **lists;
static gboolean recursive;
static gboolean superblock;

static const GOptionEntry entries[] = {
  { "options", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &lists, "What to change, as of mount(8)",
    "LIST" },
  { "recursive", 'R', 0, G_OPTION_ARG_NONE, &recursive, "With all that is mounted below it", NULL },
  { "superblock", 0, 0, G_OPTION_ARG_NONE, &superblock,
    "The filesystem itself too, for all who use it", NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
run (Ctl *ctl, char **args)
{
  g_autofree char *target = NULL;
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = ctl_path (ctl_namespace (ctl), args[0], &target);
  GError *error = NULL;
  gboolean done;

  if (rc == CTL_OK)
    rc = ctl_options (ctl, &options);
  if (rc == CTL_OK)
    rc = ctl_set_mount_options (options, (const char *const *)lists);
  if (rc == CTL_OK)
    rc = ctl_connect (ctl);
  if (rc != CTL_OK)
    return rc;
  ctl_set_flag (options, "recursive", recursive);
  ctl_set_flag (options, "superblock", superblock);
  if (ctl->only_ask)
    return ctl_ask (ctl, "Remount", (const char *const[]){ target, NULL }, options);
  done = linx_mount_client_remount (ctl->client, target, options, NULL, &error);
  return ctl_end (done, error);
}

const CtlCommand ctl_remount
    = { "remount", "TARGET", "Change attributes of a mount: those named", entries, 1, 1, run };
