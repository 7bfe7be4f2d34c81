/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

static char *from;
static gboolean recursive;
static char **lists;
static char *create;
static gboolean make_directory;
static char *idmap;
static gboolean beneath;
static gboolean print_id;

static const GOptionEntry entries[] = {
  { "from", 0, 0, G_OPTION_ARG_FILENAME, &from, "The namespace of SOURCE: self, host, PID or PATH",
    "NAMESPACE" },
  { "recursive", 'R', 0, G_OPTION_ARG_NONE, &recursive, "With all that is mounted below it", NULL },
  { "options", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &lists, "Attributes, as of mount(8)", "LIST" },
  { "mkdir", 'm', 0, G_OPTION_ARG_NONE, &make_directory, "The same as --create directory", NULL },
  { "create", 0, 0, G_OPTION_ARG_STRING, &create, "Make TARGET, if it is missing: file, directory",
    "KIND" },
  { "idmap", 0, 0, G_OPTION_ARG_FILENAME, &idmap, "With the id mapping of this process", "PID" },
  { "beneath", 0, 0, G_OPTION_ARG_NONE, &beneath, "Under the mount that is on top there", NULL },
  { "print-id", 0, 0, G_OPTION_ARG_NONE, &print_id, "Print the id of the new mount", NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
set_options (const Ctl *ctl, LinxMountOptions **options)
{
  CtlExit rc = ctl_options (ctl, options);

  if (rc == CTL_OK)
    rc = ctl_set_namespace (*options, "from", from);
  if (rc == CTL_OK)
    rc = ctl_set_namespace (*options, "idmap", idmap);
  if (rc == CTL_OK)
    rc = ctl_set_create (*options, make_directory && create == NULL ? "directory" : create);
  if (rc != CTL_OK)
    return rc;
  ctl_set_flag (*options, "recursive", recursive);
  ctl_set_flag (*options, "beneath", beneath);
  return ctl_set_mount_options (*options, (const char *const *)lists);
}

static CtlExit
run (Ctl *ctl, char **args)
{
  g_autofree char *source = NULL, *target = NULL;
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = ctl_path (from != NULL ? from : ctl_namespace (ctl), args[0], &source);
  GError *error = NULL;
  guint64 id;

  if (rc == CTL_OK)
    rc = ctl_path (ctl_namespace (ctl), args[1], &target);
  if (rc == CTL_OK)
    rc = set_options (ctl, &options);
  if (rc == CTL_OK)
    rc = ctl_connect (ctl);
  if (rc != CTL_OK)
    return rc;
  if (ctl->only_ask)
    return ctl_ask (ctl, "Bind", (const char *const[]){ source, target, NULL }, options);
  id = linx_mount_client_bind (ctl->client, source, target, options, NULL, &error);
  if (id != 0 && print_id)
    g_print ("%" G_GUINT64_FORMAT "\n", id);
  return ctl_end (id != 0, error);
}

const CtlCommand ctl_bind
    = { "bind", "SOURCE TARGET", "Show a directory or file at another place as well", entries, 2, 2,
        run };
