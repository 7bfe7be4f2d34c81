/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

static gboolean recursive;

static const GOptionEntry entries[] = {
  { "recursive", 'R', 0, G_OPTION_ARG_NONE, &recursive,
    "With all that is mounted below it; so are rshared, rprivate, rslave and runbindable", NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
run (Ctl *ctl, char **args)
{
  const char *type = args[0];
  gboolean with_r = g_str_equal (type, "rshared") || g_str_equal (type, "rprivate")
                    || g_str_equal (type, "rslave") || g_str_equal (type, "runbindable");
  g_autofree char *target = NULL;
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = ctl_path (ctl_namespace (ctl), args[1], &target);
  GError *error = NULL;
  gboolean done;

  if (rc == CTL_OK)
    rc = ctl_begin (ctl, &options);
  if (rc != CTL_OK)
    return rc;
  type += with_r ? 1 : 0;
  ctl_set_flag (options, "recursive", recursive || with_r);
  if (ctl->only_ask)
    return ctl_ask (ctl, "SetPropagation", (const char *const[]){ target, type, NULL }, options);
  done = linx_mount_client_set_propagation (ctl->client, target, type, options, NULL, &error);
  return ctl_end (done, error);
}

const CtlCommand ctl_propagation = { "propagation",
                                     "TYPE TARGET",
                                     "Make a mount shared, private, slave or unbindable",
                                     entries,
                                     2,
                                     2,
                                     run };
