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

  if (rc == CTL_OK)
    rc = ctl_options (ctl, &options);
  if (rc == CTL_OK)
    rc = ctl_connect (ctl);
  if (rc != CTL_OK)
    return rc;
  type += with_r ? 1 : 0;
  if (recursive || with_r)
    linx_mount_options_set_boolean (options, "recursive", TRUE);
  if (ctl->only_ask)
    return ctl_ask (ctl, "SetPropagation", (const char *const[]){ target, type, NULL }, options);
  return linx_mount_client_set_propagation (ctl->client, target, type, options, NULL, &error)
             ? CTL_OK
             : ctl_fail (error);
}

const CtlCommand ctl_propagation = { "propagation",
                                     "TYPE TARGET",
                                     "Make a mount shared, private, slave or unbindable",
                                     entries,
                                     2,
                                     2,
                                     run };
