/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

static gboolean make_rprivate;
static gboolean bind_new_root;
static gboolean detach_old;

static const GOptionEntry entries[] = {
  { "make-rprivate", 0, 0, G_OPTION_ARG_NONE, &make_rprivate, "First make the whole tree private",
    NULL },
  { "bind-new-root", 0, 0, G_OPTION_ARG_NONE, &bind_new_root, "Then bind NEW_ROOT onto itself",
    NULL },
  { "detach-old", 0, 0, G_OPTION_ARG_NONE, &detach_old, "At last unmount the old root, lazily",
    NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
run (Ctl *ctl, char **args)
{
  const char *namespace = ctl_namespace (ctl);
  g_autofree char *new_root = NULL, *put_old = NULL;
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = ctl_path (namespace, args[0], &new_root);
  GError *error = NULL;
  gboolean done;

  if (rc == CTL_OK && args[1] != NULL)
    rc = ctl_path (namespace, args[1], &put_old);
  if (rc == CTL_OK)
    rc = ctl_begin (ctl, &options);
  if (rc != CTL_OK)
    return rc;
  if (put_old == NULL)
    put_old = g_strdup ("");
  ctl_set_flag (options, "make-rprivate", make_rprivate);
  ctl_set_flag (options, "bind-new-root", bind_new_root);
  ctl_set_flag (options, "detach-old", detach_old);
  if (ctl->only_ask)
    return ctl_ask (ctl, "PivotRoot", (const char *const[]){ new_root, put_old, NULL }, options);
  done = linx_mount_client_pivot_root (ctl->client, new_root, put_old, options, NULL, &error);
  return ctl_end (done, error);
}

const CtlCommand ctl_pivot_root
    = { "pivot-root",
        "NEW_ROOT [PUT_OLD]",
        "Change the root of a namespace; without PUT_OLD the old one is unmounted",
        entries,
        1,
        2,
        run };
