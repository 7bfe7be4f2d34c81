/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"
#include "sources.h"

#include <string.h>

static gboolean recursive;
static gboolean detach;
static gboolean force;
static gboolean expire;
static gboolean nofollow;
static gboolean all_targets;
static char *id;

static const GOptionEntry entries[] = {
  { "recursive", 'R', 0, G_OPTION_ARG_NONE, &recursive, "With all that is mounted below it", NULL },
  { "lazy", 'l', 0, G_OPTION_ARG_NONE, &detach, "Take it out now, and let go when it is not busy",
    NULL },
  { "force", 'f', 0, G_OPTION_ARG_NONE, &force, "Even if the server is gone (umount(2) MNT_FORCE)",
    NULL },
  { "expire", 0, 0, G_OPTION_ARG_NONE, &expire, "Only if it was not used since the last time",
    NULL },
  { "no-follow", 0, 0, G_OPTION_ARG_NONE, &nofollow, "Not if TARGET ends in a symbolic link",
    NULL },
  { "all-targets", 'A', 0, G_OPTION_ARG_NONE, &all_targets,
    "All that is mounted from the same source in the namespace", NULL },
  { "id", 0, 0, G_OPTION_ARG_STRING, &id, "Only the mount with this id", "ID" },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
umount_one (Ctl *ctl, LinxMountOptions *options, const char *target)
{
  GError *error = NULL;
  gboolean done;

  if (ctl->only_ask)
    return ctl_ask (ctl, "Umount", (const char *const[]){ target, NULL }, options);
  done = linx_mount_client_umount (ctl->client, target, options, NULL, &error);
  return ctl_end (done, error);
}

/* A place, or where what it names is mounted. */
static CtlExit
add_targets (Ctl *ctl, const char *word, GPtrArray *targets)
{
  g_autoptr (GPtrArray) found = NULL;
  CtlExit rc = ctl_sources_targets (ctl, word, all_targets, &found);
  char *target;

  if (rc != CTL_OK)
    return rc;
  if (found != NULL) {
    g_ptr_array_extend_and_steal (targets, g_steal_pointer (&found));
    return CTL_OK;
  }
  rc = ctl_path (ctl_namespace (ctl), word, &target);
  if (rc == CTL_OK)
    g_ptr_array_add (targets, target);
  return rc;
}

static CtlExit
check_places (const Ctl *ctl, char **args)
{
  for (; *args != NULL; args++) {
    g_autofree char *target = NULL;
    CtlExit rc
        = strchr (*args, '=') != NULL ? CTL_OK : ctl_path (ctl_namespace (ctl), *args, &target);

    if (rc != CTL_OK)
      return rc;
  }
  return CTL_OK;
}

/* Each is tried; the first one that failed decides, as for umount(8). */
static CtlExit
run (Ctl *ctl, char **args)
{
  g_autoptr (LinxMountOptions) options = NULL;
  g_autoptr (GPtrArray) targets = g_ptr_array_new_with_free_func (g_free);
  CtlExit rc = check_places (ctl, args);

  if (rc == CTL_OK)
    rc = ctl_options (ctl, &options);
  if (rc == CTL_OK)
    rc = ctl_set_id (options, id);
  if (rc == CTL_OK)
    rc = ctl_connect (ctl);
  if (rc != CTL_OK)
    return rc;
  ctl_set_flag (options, "recursive", recursive);
  ctl_set_flag (options, "detach", detach);
  ctl_set_flag (options, "force", force);
  ctl_set_flag (options, "expire", expire);
  ctl_set_flag (options, "nofollow", nofollow);
  for (; *args != NULL; args++) {
    CtlExit one = add_targets (ctl, *args, targets);

    rc = rc != CTL_OK ? rc : one;
  }
  for (guint i = 0; i < targets->len; i++) {
    CtlExit one = umount_one (ctl, options, targets->pdata[i]);

    rc = rc != CTL_OK ? rc : one;
  }
  return rc;
}

const CtlCommand ctl_umount = { "umount", "TARGET...", "Unmount", entries, 1, G_MAXUINT, run };
