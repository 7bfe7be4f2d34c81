/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

static gboolean beneath;

static const GOptionEntry entries[] = {
  { "beneath", 0, 0, G_OPTION_ARG_NONE, &beneath, "Under the mount that is on top there", NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
run (Ctl *ctl, char **args)
{
  g_autofree char *source = NULL, *target = NULL;
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = ctl_path (ctl_namespace (ctl), args[0], &source);
  GError *error = NULL;
  gboolean done;

  if (rc == CTL_OK)
    rc = ctl_path (ctl_namespace (ctl), args[1], &target);
  if (rc == CTL_OK)
    rc = ctl_begin (ctl, &options);
  if (rc != CTL_OK)
    return rc;
  ctl_set_flag (options, "beneath", beneath);
  if (ctl->only_ask)
    return ctl_ask (ctl, "Move", (const char *const[]){ source, target, NULL }, options);
  done = linx_mount_client_move (ctl->client, source, target, options, NULL, &error);
  return ctl_end (done, error);
}

const CtlCommand ctl_move
    = { "move", "SOURCE TARGET", "Move a mount, with all below it", entries, 2, 2, run };
