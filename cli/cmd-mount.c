/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"
#include "fstab.h"

#include <string.h>

static char *type;
static char **lists;
static char *create;
static gboolean make_directory;
static gboolean read_only;
static char *idmap;
static char *process;
static gboolean beneath;
static gboolean exclusive;
static gboolean print_id;
static gboolean all;

static const GOptionEntry entries[] = {
  { "all", 'a', 0, G_OPTION_ARG_NONE, &all, "All that fstab has, and is not mounted", NULL },
  { "types", 't', 0, G_OPTION_ARG_STRING, &type, "Filesystem type", "TYPE" },
  { "options", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &lists, "Options, as of mount(8)", "LIST" },
  { "read-only", 'r', 0, G_OPTION_ARG_NONE, &read_only, "The same as -o ro", NULL },
  { "mkdir", 'm', 0, G_OPTION_ARG_NONE, &make_directory, "The same as --create directory", NULL },
  { "create", 0, 0, G_OPTION_ARG_STRING, &create, "Make TARGET, if it is missing: file, directory",
    "KIND" },
  { "idmap", 0, 0, G_OPTION_ARG_FILENAME, &idmap, "With the id mapping of this process", "PID" },
  { "process", 0, 0, G_OPTION_ARG_FILENAME, &process,
    "Whose namespaces a proc, sysfs, mqueue or cgroup shows", "PID" },
  { "beneath", 0, 0, G_OPTION_ARG_NONE, &beneath, "Under the mount that is on top there", NULL },
  { "exclusive", 0, 0, G_OPTION_ARG_NONE, &exclusive, "Only a filesystem that is not there yet",
    NULL },
  { "print-id", 0, 0, G_OPTION_ARG_NONE, &print_id, "Print the id of the new mount", NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* One argument is the place or the source of a line of fstab, as for mount(8): which of the two,
 * the service cannot tell; a path is a place. */
static CtlExit
find_words (const Ctl *ctl, char **args, char **source, char **target)
{
  const char *namespace = ctl_namespace (ctl);
  const char *where = args[1] != NULL ? args[1] : args[0];
  gboolean is_tag = args[1] == NULL && where[0] != '/' && strchr (where, '=') != NULL;
  gboolean is_relative
      = args[1] != NULL && (g_str_has_prefix (args[0], "./") || g_str_has_prefix (args[0], "../"));
  CtlExit rc = CTL_OK;

  *source = args[1] != NULL || is_tag ? g_strdup (args[0]) : g_strdup ("");
  if (is_relative) {
    g_clear_pointer (source, g_free);
    rc = ctl_path (namespace, args[0], source);
  }
  if (is_tag)
    *target = g_strdup ("");
  else if (rc == CTL_OK)
    rc = ctl_path (namespace, where, target);
  return rc;
}

static CtlExit
set_options (const Ctl *ctl, LinxMountOptions **options)
{
  CtlExit rc = ctl_options (ctl, options);

  if (rc == CTL_OK && read_only) {
    g_auto (GStrv) given = g_steal_pointer (&lists);
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

    g_strv_builder_add (builder, "ro");
    if (given != NULL)
      g_strv_builder_addv (builder, (const char **)given);
    lists = g_strv_builder_end (builder);
  }
  if (rc == CTL_OK)
    rc = ctl_set_mount_options (*options, (const char *const *)lists);
  if (rc == CTL_OK)
    rc = ctl_set_create (*options, make_directory && create == NULL ? "directory" : create);
  if (rc == CTL_OK)
    rc = ctl_set_namespace (*options, "idmap", idmap);
  if (rc == CTL_OK)
    rc = ctl_set_namespace (*options, "process", process);
  if (rc == CTL_OK) {
    ctl_set_flag (*options, "beneath", beneath);
    ctl_set_flag (*options, "exclusive", exclusive);
  }
  return rc;
}

/* What it says of each line that cannot be mounted it says as for one. */
static CtlExit
mount_line (Ctl *ctl, const CtlFstabLine *line, LinxMountOptions *options)
{
  const char *const words[] = { line->source, line->target, "", NULL };
  GError *error = NULL;

  if (ctl->only_ask)
    return ctl_ask (ctl, "Mount", words, options);
  if (linx_mount_client_mount (ctl->client, line->source, line->target, "", options, NULL, &error)
      != 0)
    return CTL_OK;
  return ctl_fail (error);
}

static CtlExit
mount_all (Ctl *ctl)
{
  guint n_mounted = 0, n_done = 0, n_failed = 0, n_may_fail = 0;
  g_autoptr (GPtrArray) lines = ctl_fstab_read_all (type, &n_mounted);
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = set_options (ctl, &options);

  if (lines == NULL)
    return ctl_usage ("/etc/fstab cannot be read");
  if (rc == CTL_OK)
    rc = ctl_connect (ctl);
  for (guint i = 0; rc == CTL_OK && i < lines->len; i++) {
    const CtlFstabLine *line = lines->pdata[i];
    gboolean failed = mount_line (ctl, line, options) != CTL_OK;

    n_done += !failed;
    n_failed += failed && !line->may_fail;
    n_may_fail += failed && line->may_fail;
  }
  if (rc != CTL_OK || ctl->only_ask)
    return rc;
  g_print ("%u mounted, %u mounted before, %u failed, %u failed that may\n", n_done, n_mounted,
           n_failed, n_may_fail);
  return n_failed > 0 ? CTL_FAILED : CTL_OK;
}

static CtlExit
run_one (Ctl *ctl, char **args)
{
  g_autofree char *source = NULL, *target = NULL;
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = find_words (ctl, args, &source, &target);
  GError *error = NULL;
  guint64 id;

  if (rc == CTL_OK)
    rc = set_options (ctl, &options);
  if (rc == CTL_OK)
    rc = ctl_connect (ctl);
  if (rc != CTL_OK)
    return rc;
  if (ctl->only_ask) {
    const char *const words[] = { source, target, type != NULL ? type : "", NULL };

    return ctl_ask (ctl, "Mount", words, options);
  }
  id = linx_mount_client_mount (ctl->client, source, target, type != NULL ? type : "", options,
                                NULL, &error);
  if (id != 0 && print_id)
    g_print ("%" G_GUINT64_FORMAT "\n", id);
  return ctl_end (id != 0, error);
}

static CtlExit
run (Ctl *ctl, char **args)
{
  if (all && args[0] != NULL)
    return ctl_usage ("--all goes with no argument");
  if (!all && args[0] == NULL)
    return ctl_usage ("mount: what, or where?");
  return all ? mount_all (ctl) : run_one (ctl, args);
}

const CtlCommand ctl_mount
    = { "mount", "[SOURCE] TARGET", "Mount a filesystem, as mount(8) does", entries, 0, 2, run };
