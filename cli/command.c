/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"
#include "config.h"

/* As they are typed; taken over by take_values(). */
static char **namespaces;
static char *json;
static char *columns;
static gboolean no_legend;
static gboolean no_pager;
static gboolean no_ask_password;
static gboolean show_version;
static char **words; /* what is no option */

static const GOptionEntry global_entries[] = {
  { "in", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &namespaces,
    "The namespace to act in: self (default), host, PID or PATH", "NAMESPACE" },
  { "json", 0, 0, G_OPTION_ARG_STRING, &json, "JSON: pretty, short, off (default)", "MODE" },
  { "no-legend", 0, 0, G_OPTION_ARG_NONE, &no_legend, "No titles over columns", NULL },
  { "no-pager", 0, 0, G_OPTION_ARG_NONE, &no_pager, "No pager", NULL },
  { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &no_ask_password, "Ask nobody to authenticate",
    NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version and exit", NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* Of a list; elsewhere -o is mount(8)'s. */
static const GOptionEntry column_entries[] = {
  { "output", 'o', 0, G_OPTION_ARG_STRING, &columns, "Columns, comma-separated: keys of rows",
    "COLUMNS" },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry word_entries[] = {
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words, NULL, NULL },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const CtlCommand *const commands[]
    = { &ctl_list,        &ctl_mount,      &ctl_umount, &ctl_bind, &ctl_remount, &ctl_move,
        &ctl_propagation, &ctl_pivot_root, &ctl_watch,  &ctl_can,  &ctl_status };

const CtlCommand *
ctl_command_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i]->name, name))
      return commands[i];
  return NULL;
}

static char *
describe_commands (void)
{
  GString *text = g_string_new ("Commands:\n");

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *usage = g_strconcat (commands[i]->name, " ", commands[i]->arguments, NULL);

    g_string_append_printf (text, "  %-30s %s\n", usage, commands[i]->summary);
  }
  g_string_append (text,
                   "\nlinx-mountctl COMMAND --help shows a command's own options. Exit codes: "
                   "0 done, 1 the kernel\nor the service could not, 2 wrong usage, 3 not "
                   "allowed, 4 no service. See linx-mountctl(1).");
  return g_string_free (text, FALSE);
}

static void
append_namespaces (Ctl *ctl)
{
  g_auto (GStrv) before = g_steal_pointer (&ctl->namespaces);
  g_auto (GStrv) more = g_steal_pointer (&namespaces);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (before != NULL)
    g_strv_builder_addv (builder, (const char **)before);
  g_strv_builder_addv (builder, (const char **)more);
  ctl->namespaces = g_strv_builder_end (builder);
}

/* What stands before the command and after it is taken one after the other. */
static CtlExit
take_values (Ctl *ctl)
{
  static const char *const modes[] = { "off", "short", "pretty" };
  guint mode = 0;

  while (json != NULL && mode < G_N_ELEMENTS (modes) && !g_str_equal (json, modes[mode]))
    mode++;
  if (mode == G_N_ELEMENTS (modes))
    return ctl_usage ("--json: '%s' is none of pretty, short, off", json);
  if (namespaces != NULL)
    append_namespaces (ctl);
  ctl->json = (CtlJson)mode;
  ctl->columns = columns;
  ctl->no_legend = no_legend;
  ctl->no_pager = no_pager;
  ctl->no_ask_password = no_ask_password;
  return CTL_OK;
}

static CtlExit
print_version (void)
{
  g_print ("linx-mountctl %s\n", LINX_VERSION);
  return CTL_OK;
}

CtlExit
ctl_command_run (Ctl *ctl, const CtlCommand *command, char **argv)
{
  g_autofree char *title = g_strdup_printf ("- %s %s", command->name, command->arguments);
  g_autoptr (GOptionContext) context = g_option_context_new (title);
  g_auto (GStrv) left = g_strdupv (argv);
  g_auto (GStrv) args = NULL;
  g_autoptr (GError) error = NULL;
  CtlExit rc;
  guint n;

  g_option_context_set_summary (context, command->summary);
  if (command->entries != NULL)
    g_option_context_add_main_entries (context, command->entries, NULL);
  else
    g_option_context_set_strict_posix (context, TRUE);
  if (command == &ctl_list)
    g_option_context_add_main_entries (context, column_entries, NULL);
  g_option_context_add_main_entries (context, global_entries, NULL);
  g_option_context_add_main_entries (context, word_entries, NULL);
  if (!g_option_context_parse_strv (context, &left, &error))
    return ctl_usage ("%s: %s", command->name, error->message);
  if (show_version)
    return print_version ();
  args = words != NULL ? g_steal_pointer (&words) : g_new0 (char *, 1);
  n = g_strv_length (args);
  if (n < command->least || n > command->most)
    return ctl_usage ("%s takes %s; see --help", command->name,
                      command->most == 0 ? "no arguments" : command->arguments);
  rc = take_values (ctl);
  if (rc != CTL_OK)
    return rc;
  g_debug ("command %s", command->name);
  rc = command->run (ctl, args);
  g_debug ("command %s: exit status %d", command->name, (int)rc);
  return rc;
}

CtlExit
ctl_command_line (Ctl *ctl, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("[COMMAND]");
  g_autofree char *description = describe_commands ();
  g_auto (GStrv) args = g_strdupv (argv);
  char *list[] = { (char *)"list", NULL };
  g_autoptr (GError) error = NULL;
  const CtlCommand *command;
  CtlExit rc;

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, "Shapes and reads mount namespaces (org.linx.Mount1).");
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, global_entries, NULL);
  g_option_context_add_main_entries (context, column_entries, NULL);
  if (!g_option_context_parse_strv (context, &args, &error))
    return ctl_usage ("%s", error->message);
  if (show_version)
    return print_version ();
  rc = take_values (ctl);
  if (rc != CTL_OK)
    return rc;
  command = ctl_command_find (args[1] != NULL ? args[1] : "list");
  if (command == NULL)
    return ctl_usage ("there is no command '%s'; see --help", args[1]);
  return ctl_command_run (ctl, command, args[1] != NULL ? args + 1 : list);
}
