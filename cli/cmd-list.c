/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "columns.h"
#include "ctl.h"
#include "graph.h"
#include "json.h"
#include "list.h"
#include "rows.h"

static gboolean tree;
static gboolean graph;
static char **types;
static char *source;
static char *under;
static char *covering;
static char *id;

static const GOptionEntry entries[] = {
  { "tree", 0, 0, G_OPTION_ARG_NONE, &tree, "Show the hierarchy, and peer groups", NULL },
  { "graph", 0, 0, G_OPTION_ARG_NONE, &graph, "Write a graph for dot(1), of each namespace of --in",
    NULL },
  { "types", 't', 0, G_OPTION_ARG_STRING_ARRAY, &types, "Only filesystems of these types", "LIST" },
  { "source", 'S', 0, G_OPTION_ARG_FILENAME, &source, "Only what was mounted from this", "SOURCE" },
  { "under", 0, 0, G_OPTION_ARG_FILENAME, &under, "Only what is mounted there or below", "PATH" },
  { "target", 'T', 0, G_OPTION_ARG_FILENAME, &covering, "Only the mount that this path is on",
    "PATH" },
  { "id", 0, 0, G_OPTION_ARG_STRING, &id, "Only the mount with this id", "ID" },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CtlExit
set_path (LinxMountOptions *options, const char *key, const char *namespace, const char *path)
{
  g_autofree char *absolute = NULL;
  CtlExit rc = path != NULL ? ctl_path (namespace, path, &absolute) : CTL_OK;

  if (absolute != NULL)
    linx_mount_options_set_filename (options, key, absolute);
  return rc;
}

/* They are text to the service, as rows have it. */
static CtlExit
set_filters (LinxMountOptions *options, const char *namespace, const char *target)
{
  g_autofree char *joined = types != NULL ? g_strjoinv (",", types) : NULL;
  g_auto (GStrv) list = joined != NULL ? g_strsplit (joined, ",", -1) : NULL;
  CtlExit rc = ctl_set_id (options, id);

  if (list != NULL)
    linx_mount_options_set_strings (options, "fstype", (const char *const *)list);
  if (source != NULL)
    linx_mount_options_set_filename (options, "source", source);
  if (rc == CTL_OK)
    rc = set_path (options, "under", namespace, under);
  if (rc == CTL_OK)
    rc = set_path (options, "covering", namespace, covering);
  if (rc == CTL_OK)
    rc = set_path (options, "target", namespace, target);
  return rc;
}

static CtlExit
read_rows (Ctl *ctl, const char *namespace, const char *target, const char *const *columns,
           GVariant **rows)
{
  g_autoptr (LinxMountOptions) options = linx_mount_options_new ();
  CtlExit rc = ctl_set_namespace (options, "in", namespace);
  GError *error = NULL;

  if (rc == CTL_OK)
    rc = set_filters (options, namespace, target);
  if (rc != CTL_OK)
    return rc;
  if (columns != NULL)
    linx_mount_options_set_strings (options, "fields", columns);
  if (ctl->only_ask)
    return ctl_ask (ctl, "ListMounts", NULL, options);
  *rows = ctl_rows_read (ctl->client, options, &error);
  return *rows != NULL ? CTL_OK : ctl_fail (error);
}

static CtlExit
print_graph (Ctl *ctl, const char *target)
{
  static const char *const self[] = { "self", NULL };
  static const char *const fields[]
      = { "id", "parent", "mount-point", "fstype", "peer-group", "master", NULL };
  const char *const *namespace
      = ctl->namespaces != NULL ? (const char *const *)ctl->namespaces : self;
  g_autoptr (GString) text = ctl_graph_begin ();
  CtlExit rc = CTL_OK;

  for (; *namespace != NULL && (rc == CTL_OK || ctl->only_ask); namespace ++) {
    g_autoptr (GVariant) rows = NULL;
    CtlExit one = read_rows (ctl, *namespace, target, fields, &rows);

    rc = rc != CTL_OK ? rc : one;
    if (rows != NULL)
      ctl_graph_add (text, *namespace, rows);
  }
  if (rc == CTL_OK && !ctl->only_ask)
    ctl_print (ctl, ctl_graph_end (g_steal_pointer (&text)));
  return rc;
}

/* Without -o all that there is. With it the ids are read too, by which pages go on. */
static CtlExit
print_json (Ctl *ctl, const char *target, const char *const *columns)
{
  g_auto (GStrv) fields = columns != NULL ? ctl_columns_fields (columns) : NULL;
  g_autoptr (GVariant) read = NULL;
  g_autoptr (GVariant) rows = NULL;
  CtlExit rc = read_rows (ctl, ctl_namespace (ctl), target, (const char *const *)fields, &read);

  if (rc != CTL_OK || read == NULL)
    return rc;
  rows = columns != NULL ? ctl_rows_select (read, columns) : g_variant_ref (read);
  ctl_print (ctl, ctl_json_format (rows, ctl->json == CTL_JSON_PRETTY));
  return CTL_OK;
}

static CtlExit
print_table (Ctl *ctl, const char *target, const char *const *columns)
{
  g_auto (GStrv) fields = ctl_columns_fields (columns);
  const CtlListStyle style
      = { columns, tree, g_get_charset (NULL), !ctl->no_legend, ctl_has_colour () };
  g_autoptr (GVariant) rows = NULL;
  CtlExit rc = read_rows (ctl, ctl_namespace (ctl), target, (const char *const *)fields, &rows);

  if (rc == CTL_OK && rows != NULL)
    ctl_print (ctl, ctl_list_format (rows, &style));
  return rc;
}

static CtlExit
run (Ctl *ctl, char **args)
{
  const char *target = args[0];
  g_autofree char *unknown = NULL;
  g_auto (GStrv) columns = NULL;
  CtlExit rc;

  columns = ctl_columns_parse (ctl->columns != NULL ? ctl->columns : CTL_COLUMNS_DEFAULT, &unknown);
  if (columns == NULL)
    return ctl_usage ("-o: there is no column '%s'", unknown);
  rc = ctl_connect (ctl);
  if (rc != CTL_OK)
    return rc;
  if (graph)
    return print_graph (ctl, target);
  if (ctl->json != CTL_JSON_OFF)
    return print_json (ctl, target, ctl->columns != NULL ? (const char *const *)columns : NULL);
  return print_table (ctl, target, (const char *const *)columns);
}

const CtlCommand ctl_list = { "list", "[TARGET]", "List mounts (default)", entries, 0, 1, run };
