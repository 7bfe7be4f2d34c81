/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "linx-mount-call-private.h"
#include "linx-mount-client-private.h"
#include "linx-mount-options-private.h"

/* What a call is made of on the bus. */
typedef struct {
  GVariant *tuple;
  GUnixFDList *fds;
} Arguments;

static void
arguments_clear (Arguments *arguments)
{
  g_clear_pointer (&arguments->tuple, g_variant_unref);
  g_clear_object (&arguments->fds);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Arguments, arguments_clear)

static const GDBusMethodInfo *
info_of (const LinxMountCall *call)
{
  return g_dbus_interface_info_lookup_method (linx_mount_manager_interface_info (), call->method);
}

/* A stranger's method and words, for Can, must fit the interface: by it they get their names. */
static gboolean
check_words (const LinxMountCall *call, GError **error)
{
  const GDBusMethodInfo *info = info_of (call);
  guint n = call->words != NULL ? g_strv_length ((char **)call->words) : 0;
  guint most = 0;

  if (info == NULL)
    return linx_error_set_args (error, "'%s' is no method", call->method);
  while (info->in_args != NULL && info->in_args[most] != NULL
         && g_str_equal (info->in_args[most]->signature, most == 0 && call->mount >= 0 ? "h" : "s"))
    most++;
  return n + (call->mount >= 0 ? 1 : 0) <= most
             ? TRUE
             : linx_error_set_args (error, "too many arguments for %s", call->method);
}

/* The string arguments, by their names in the interface: one that is not UTF-8 goes into @raw, and
 * is "" where it belongs. */
static void
add_words (const LinxMountCall *call, GVariantBuilder *tuple, GVariantBuilder *raw)
{
  GDBusArgInfo *const *arg = info_of (call)->in_args;

  if (call->mount >= 0)
    arg++;
  for (const char *const *word = call->words; word != NULL && *word != NULL; word++, arg++) {
    gboolean is_utf8 = g_utf8_validate (*word, -1, NULL);

    g_variant_builder_add (tuple, "s", is_utf8 ? *word : "");
    if (!is_utf8)
      g_variant_builder_add (raw, "{s@ay}", (*arg)->name, g_variant_new_bytestring (*word));
  }
}

static GVariant *
make_tuple (const LinxMountCall *call, GUnixFDList *fds, GError **error)
{
  g_auto (GVariantBuilder) tuple = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_TUPLE);
  g_auto (GVariantBuilder) raw = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{say}"));
  GVariant *dictionary;
  int handle;

  if (call->mount >= 0) {
    handle = g_unix_fd_list_append (fds, call->mount, error);
    if (handle < 0)
      return NULL;
    g_variant_builder_add (&tuple, "h", handle);
  }
  add_words (call, &tuple, &raw);
  dictionary = linx_mount_options_dictionary (call->options, &raw, fds, error);
  if (dictionary == NULL)
    return NULL;
  g_variant_builder_add_value (&tuple, dictionary);
  return g_variant_builder_end (&tuple);
}

static gboolean
arguments_init (Arguments *arguments, LinxMountClient *client, const LinxMountCall *call,
                GError **error)
{
  GVariant *tuple;

  arguments->tuple = call->tuple != NULL ? g_variant_ref_sink (call->tuple) : NULL;
  arguments->fds = g_unix_fd_list_new ();
  if (linx_mount_client_get_manager (client) == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                         "the client has no proxy: it was not made by one of its constructors");
    return FALSE;
  }
  if (arguments->tuple != NULL)
    return TRUE;
  if (!check_words (call, error))
    return FALSE;
  tuple = make_tuple (call, arguments->fds, error);
  if (tuple == NULL)
    return FALSE;
  if (call->only_ask)
    tuple = g_variant_new ("(sv)", call->method, tuple);
  arguments->tuple = g_variant_ref_sink (tuple);
  return TRUE;
}

static const char *
method_of (const LinxMountCall *call)
{
  return call->only_ask ? "Can" : call->method;
}

/* With G_MESSAGES_DEBUG=linx-mount; nothing of what is asked for. @error: (nullable): the bus's. */
static void
debug (const char *method, gboolean is_answered, const GError *error)
{
  g_autofree char *name = NULL;

  if (g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    return;
  name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;
  g_debug ("%s: %s", method,
           !is_answered    ? "call"
           : error == NULL ? "answered"
           : name != NULL  ? name
                           : error->message);
}

/* Takes @remote over. An error of the service gets its own domain, one of the bus loses what GDBus
 * puts before its message. */
static void
propagate (GError **error, GError *remote)
{
  g_autofree char *name = g_dbus_error_get_remote_error (remote);
  GError *own;

  g_dbus_error_strip_remote_error (remote);
  own = name != NULL ? linx_error_from_dbus (name, remote->message) : NULL;
  if (own != NULL)
    g_clear_error (&remote);
  g_propagate_error (error, own != NULL ? own : remote);
}

GVariant *
linx_mount_call_sync (LinxMountClient *client, const LinxMountCall *call, GUnixFDList **fds,
                      GCancellable *cancellable, GError **error)
{
  g_auto (Arguments) arguments = { NULL, NULL };
  GError *remote = NULL;
  GVariant *reply;

  if (!arguments_init (&arguments, client, call, error))
    return NULL;
  debug (method_of (call), FALSE, NULL);
  reply = g_dbus_proxy_call_with_unix_fd_list_sync (
      G_DBUS_PROXY (linx_mount_client_get_manager (client)), method_of (call), arguments.tuple,
      linx_client_flags (client), linx_client_timeout (client), arguments.fds, fds, cancellable,
      &remote);
  debug (method_of (call), TRUE, remote);
  if (reply == NULL)
    propagate (error, remote);
  return reply;
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GUnixFDList *fds = NULL;
  GError *remote = NULL, *error = NULL;
  GVariant *reply
      = g_dbus_proxy_call_with_unix_fd_list_finish (G_DBUS_PROXY (source), &fds, result, &remote);

  debug (g_task_get_name (task), TRUE, remote);
  if (reply == NULL) {
    propagate (&error, remote);
    g_task_return_error (task, error);
    return;
  }
  if (fds != NULL)
    g_task_set_task_data (task, fds, g_object_unref);
  g_task_return_pointer (task, reply, (GDestroyNotify)g_variant_unref);
}

void
linx_mount_call_async (LinxMountClient *client, const LinxMountCall *call,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (client, cancellable, callback, user_data);
  g_auto (Arguments) arguments = { NULL, NULL };
  GError *error = NULL;

  if (!arguments_init (&arguments, client, call, &error)) {
    g_task_return_error (task, error);
    return;
  }
  g_task_set_name (task, method_of (call));
  debug (method_of (call), FALSE, NULL);
  g_dbus_proxy_call_with_unix_fd_list (
      G_DBUS_PROXY (linx_mount_client_get_manager (client)), method_of (call), arguments.tuple,
      linx_client_flags (client), linx_client_timeout (client), arguments.fds, cancellable,
      on_reply, g_steal_pointer (&task));
}

GVariant *
linx_mount_call_finish (LinxMountClient *client, GAsyncResult *result, GUnixFDList **fds,
                        GError **error)
{
  GObject *came;

  g_return_val_if_fail (g_task_is_valid (result, client), NULL);
  came = g_task_get_task_data (G_TASK (result));
  if (fds != NULL && came != NULL)
    *fds = g_object_ref (G_UNIX_FD_LIST (came));
  return g_task_propagate_pointer (G_TASK (result), error);
}

guint64
linx_mount_reply_number (GVariant *reply)
{
  guint64 number = 0;

  if (reply != NULL)
    g_variant_get (reply, "(t)", &number);
  g_clear_pointer (&reply, g_variant_unref);
  return number;
}

int
linx_mount_reply_fd (GVariant *reply, GUnixFDList *fds, GError **error)
{
  int handle, fd = -1;

  if (reply != NULL && fds != NULL) {
    g_variant_get (reply, "(h)", &handle);
    fd = g_unix_fd_list_get (fds, handle, error);
  } else if (reply != NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                         "the reply came without its descriptor");
  }
  g_clear_pointer (&reply, g_variant_unref);
  g_clear_object (&fds);
  return fd;
}

GVariant *
linx_mount_reply_value (GVariant *reply)
{
  GVariant *value = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;

  g_clear_pointer (&reply, g_variant_unref);
  return value;
}

char *
linx_mount_reply_string (GVariant *reply)
{
  char *string = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(s)", &string);
  g_clear_pointer (&reply, g_variant_unref);
  return string;
}

gboolean
linx_mount_reply_done (GVariant *reply)
{
  gboolean done = reply != NULL;

  g_clear_pointer (&reply, g_variant_unref);
  return done;
}
