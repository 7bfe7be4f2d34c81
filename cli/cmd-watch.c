/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"
#include "columns.h"
#include "json.h"
#include "rows.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const GOptionEntry entries[] = {
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* A watch, and where the mounts are that it has told of. */
typedef struct {
  Ctl *ctl;
  LinxMountOptions *options;
  GHashTable *points; /* id -> what is shown of it */
  guint64 watch;
  GMainLoop *loop;
  CtlExit rc;
} Watching;

static void
stop (Watching *watching, CtlExit rc)
{
  watching->rc = rc;
  g_main_loop_quit (watching->loop);
}

/* What cannot be written is nobody's any more: main() says so. */
static void
flush (Watching *watching)
{
  if (fflush (stdout) != 0 || ferror (stdout) != 0)
    stop (watching, CTL_FAILED);
}

static char *
text_of (GVariant *row)
{
  static const char *const columns[] = { "mount-point", "fstype", "source", "mount-options" };
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++) {
    g_autofree char *cell = ctl_columns_cell (columns[i], row);

    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", cell);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Takes note of @rows, and where @word is not %NULL prints them. */
static void
take (Watching *watching, const char *word, GVariant *rows)
{
  GVariantIter iter;
  GVariant *row;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_loop (&iter, "@a{sv}", &row)) {
    guint64 *id = g_new (guint64, 1);
    char *text = text_of (row);

    *id = ctl_row_number (row, "id");
    if (word != NULL)
      g_print ("%s %" G_GUINT64_FORMAT " %s\n", word, *id, text);
    g_hash_table_replace (watching->points, id, text);
  }
}

static void
drop (Watching *watching, GVariant *removed)
{
  GVariantIter iter;
  guint64 id;

  g_variant_iter_init (&iter, removed);
  while (g_variant_iter_next (&iter, "t", &id)) {
    const char *text = g_hash_table_lookup (watching->points, &id);

    g_print ("detached %" G_GUINT64_FORMAT " %s\n", id, text != NULL ? text : "");
    g_hash_table_remove (watching->points, &id);
  }
}

static void
print_json (const Ctl *ctl, const char *event, GVariant *removed, GVariant *added,
            GVariant *changed)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *json = NULL;

  g_variant_builder_add (&builder, "{sv}", "event", g_variant_new_string (event));
  if (removed != NULL) {
    g_variant_builder_add (&builder, "{sv}", "removed", removed);
    g_variant_builder_add (&builder, "{sv}", "added", added);
    g_variant_builder_add (&builder, "{sv}", "changed", changed);
  }
  value = g_variant_ref_sink (g_variant_builder_end (&builder));
  json = ctl_json_format (value, ctl->json == CTL_JSON_PRETTY);
  g_print ("%s", json);
}

static void
on_changed (LinxMountManager *manager, guint64 watch, GVariant *removed, GVariant *added,
            GVariant *changed, Watching *watching)
{
  g_autoptr (GVariant) added_rows = ctl_rows_of (added);
  g_autoptr (GVariant) changed_rows = ctl_rows_of (changed);

  (void)manager;
  if (watch != watching->watch)
    return;
  if (watching->ctl->json != CTL_JSON_OFF) {
    print_json (watching->ctl, "changed", removed, added_rows, changed_rows);
  } else {
    drop (watching, removed);
    take (watching, "attached", added_rows);
    take (watching, "changed", changed_rows);
  }
  flush (watching);
}

/* Reads what there is, from which changes go on. */
static CtlExit
read_table (Watching *watching)
{
  GError *error = NULL;
  g_autoptr (GVariant) rows = ctl_rows_read (watching->ctl->client, watching->options, &error);

  if (rows == NULL)
    return ctl_fail (error);
  g_hash_table_remove_all (watching->points);
  take (watching, NULL, rows);
  return CTL_OK;
}

static void
on_overflow (LinxMountManager *manager, guint64 watch, Watching *watching)
{
  CtlExit rc;

  (void)manager;
  if (watch != watching->watch)
    return;
  if (watching->ctl->json != CTL_JSON_OFF)
    print_json (watching->ctl, "overflow", NULL, NULL, NULL);
  else
    g_print ("overflow: more has changed than is told\n");
  flush (watching);
  rc = read_table (watching);
  if (rc != CTL_OK)
    stop (watching, rc);
}

static void
on_ended (LinxMountManager *manager, guint64 watch, const char *reason, Watching *watching)
{
  (void)manager;
  if (watch != watching->watch)
    return;
  ctl_say (reason);
  stop (watching, CTL_FAILED);
}

static void
on_owner (GObject *proxy, GParamSpec *spec, Watching *watching)
{
  (void)proxy;
  (void)spec;
  g_printerr ("linx-mountctl: the service is gone\n");
  stop (watching, CTL_UNREACHABLE);
}

static gboolean
on_signal (gpointer user_data)
{
  stop (user_data, CTL_OK);
  return G_SOURCE_CONTINUE;
}

/* A pipe that nobody reads any more, or a terminal that is gone. */
static gboolean
on_reader_gone (int fd, GIOCondition condition, gpointer user_data)
{
  (void)fd;
  (void)condition;
  stop (user_data, CTL_OK);
  return G_SOURCE_CONTINUE;
}

static CtlExit
start (Watching *watching)
{
  LinxMountManager *manager = linx_mount_client_get_manager (watching->ctl->client);
  GError *error = NULL;

  g_signal_connect (manager, "changed", G_CALLBACK (on_changed), watching);
  g_signal_connect (manager, "overflow", G_CALLBACK (on_overflow), watching);
  g_signal_connect (manager, "ended", G_CALLBACK (on_ended), watching);
  watching->watch
      = linx_mount_client_watch (watching->ctl->client, watching->options, NULL, &error);
  if (watching->watch == 0)
    return ctl_fail (error);
  g_signal_connect (manager, "notify::g-name-owner", G_CALLBACK (on_owner), watching);
  return read_table (watching);
}

static CtlExit
watch (Watching *watching)
{
  LinxMountManager *manager = linx_mount_client_get_manager (watching->ctl->client);
  guint ends[] = { g_unix_signal_add (SIGINT, on_signal, watching),
                   g_unix_signal_add (SIGTERM, on_signal, watching),
                   g_unix_fd_add (STDOUT_FILENO, G_IO_ERR, on_reader_gone, watching) };

  watching->rc = start (watching);
  if (watching->rc == CTL_OK) {
    g_printerr ("watching; end it with Ctrl-C\n");
    g_main_loop_run (watching->loop);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    g_source_remove (ends[i]);
  g_signal_handlers_disconnect_by_data (manager, watching);
  return watching->rc;
}

static CtlExit
run (Ctl *ctl, char **args)
{
  g_autoptr (LinxMountOptions) options = NULL;
  g_autoptr (GHashTable) points
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  CtlExit rc = ctl_begin (ctl, &options);

  (void)args;
  if (rc != CTL_OK)
    return rc;
  if (ctl->only_ask)
    return ctl_ask (ctl, "Watch", NULL, options);
  return watch (&(Watching){ ctl, options, points, 0, loop, CTL_OK });
}

const CtlCommand ctl_watch
    = { "watch", "", "Print changes of the table as they happen", entries, 0, 0, run };
