/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/callers.h"
#include "bus/limits.h"
#include "bus/message-filter.h"
#include "linx-error.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <sys/pidfd.h>

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

/* A caller as the service keeps it: known once the bus has answered, until its name vanishes. */
typedef struct {
  LinxCaller *caller;
  gboolean known;
  GList *waiting; /* of GTask */
} Entry;

static GHashTable *entries; /* unique name -> Entry */
static void (*tell_vanished) (const char *name);

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_cancellable_cancel (entry->caller->gone);
  for (GList *l = entry->waiting; l != NULL; l = l->next)
    g_task_return_new_error (l->data, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                             "the caller left the bus");
  g_list_free_full (entry->waiting, g_object_unref);
  linx_caller_unref (entry->caller);
  g_free (entry);
}

void
linx_callers_clear (void)
{
  g_clear_pointer (&entries, g_hash_table_unref);
}

static void
on_vanished (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
             const char *signal, GVariant *arguments, gpointer user_data)
{
  const char *name, *owner;

  (void)bus;
  (void)sender;
  (void)path;
  (void)interface;
  (void)signal;
  (void)user_data;
  g_variant_get (arguments, "(&s&s&s)", &name, NULL, &owner);
  if (owner[0] != '\0')
    return;
  if (entries != NULL)
    g_hash_table_remove (entries, name);
  linx_message_filter_forget (name);
  if (tell_vanished != NULL)
    tell_vanished (name);
}

void
linx_callers_on_vanished (void (*func) (const char *name))
{
  tell_vanished = func;
}

/* One rule for all names: the bus allows few of them (max_match_rules_per_connection, 512). */
gboolean
linx_callers_init (GDBusConnection *bus, GError **error)
{
  static const char rule[] = "type='signal',sender='" BUS_NAME "',interface='" BUS_NAME
                             "',member='NameOwnerChanged',arg2=''";
  g_autoptr (GVariant) done = g_dbus_connection_call_sync (
      bus, BUS_NAME, BUS_PATH, BUS_NAME, "AddMatch", g_variant_new ("(s)", rule), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);

  if (done == NULL)
    return FALSE;
  g_dbus_connection_signal_subscribe (bus, BUS_NAME, BUS_NAME, "NameOwnerChanged", BUS_PATH, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NO_MATCH_RULE, on_vanished, NULL, NULL);
  return TRUE;
}

static int
open_pidfd (GVariantDict *credentials, GUnixFDList *fds, pid_t pid)
{
  gint32 handle;

  if (fds != NULL && g_variant_dict_lookup (credentials, "ProcessFD", "h", &handle))
    return g_unix_fd_list_get (fds, handle, NULL);
  return pidfd_open (pid, 0);
}

static gboolean
take_credentials (LinxCaller *caller, GVariant *reply, GUnixFDList *fds, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (reply, 0);
  g_auto (GVariantDict) credentials = G_VARIANT_DICT_INIT (dict);
  g_autoptr (GVariant) groups = NULL;
  guint32 uid, pid;
  gconstpointer numbers;
  gsize n;

  if (!g_variant_dict_lookup (&credentials, "UnixUserID", "u", &uid)
      || !g_variant_dict_lookup (&credentials, "ProcessID", "u", &pid))
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, caller->name,
                           "the bus does not know the caller's process");
  caller->uid = uid;
  caller->pid = (pid_t)pid;
  groups = g_variant_dict_lookup_value (&credentials, "UnixGroupIDs", G_VARIANT_TYPE ("au"));
  if (groups != NULL) {
    numbers = g_variant_get_fixed_array (groups, &n, sizeof (gid_t));
    caller->groups = g_memdup2 (numbers, n * sizeof (gid_t));
    caller->n_groups = n;
  }
  caller->pidfd = open_pidfd (&credentials, fds, caller->pid);
  if (caller->pidfd < 0 || !linx_account_find (uid, caller->pid, caller->pidfd, &caller->account))
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, caller->name,
                           "the caller's process has ended");
  return TRUE;
}

static void
answer (Entry *entry, const GError *error)
{
  GList *waiting = g_steal_pointer (&entry->waiting);

  for (GList *l = waiting; l != NULL; l = l->next)
    if (error != NULL)
      g_task_return_error (l->data, g_error_copy (error));
    else
      g_task_return_pointer (l->data, linx_caller_ref (entry->caller),
                             (GDestroyNotify)linx_caller_unref);
  g_list_free_full (waiting, g_object_unref);
}

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *name = user_data;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &fds, result, &error);
  Entry *entry = entries != NULL ? g_hash_table_lookup (entries, name) : NULL;

  if (entry == NULL)
    return; /* vanished meanwhile: whoever waited was told */
  if (reply == NULL) {
    g_clear_error (&error);
    linx_error_set (&error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, name, "the caller left the bus");
  }
  entry->known = error == NULL && take_credentials (entry->caller, reply, fds, &error);
  if (reply != NULL)
    linx_message_filter_know (name, entry->known ? entry->caller->account : LINX_ACCOUNT_NOBODY);
  answer (entry, error);
  if (!entry->known)
    g_hash_table_remove (entries, name);
}

static Entry *
meet (GDBusConnection *bus, const char *name)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->caller = g_new0 (LinxCaller, 1);
  g_atomic_ref_count_init (&entry->caller->ref);
  entry->caller->name = g_strdup (name);
  entry->caller->pidfd = -1;
  entry->caller->gone = g_cancellable_new ();
  g_hash_table_insert (entries, entry->caller->name, entry);
  g_dbus_connection_call_with_unix_fd_list (bus, BUS_NAME, BUS_PATH, BUS_NAME,
                                            "GetConnectionCredentials", g_variant_new ("(s)", name),
                                            G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NONE,
                                            G_MAXINT, NULL, NULL, on_credentials, g_strdup (name));
  return entry;
}

static Entry *
entry_of (GDBusConnection *bus, const char *name)
{
  Entry *entry;

  if (entries == NULL)
    entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  entry = g_hash_table_lookup (entries, name);
  return entry != NULL ? entry : meet (bus, name);
}

static void
wait_for (Entry *entry, GTask *task)
{
  entry->waiting = g_list_append (entry->waiting, task);
  if (entry->known)
    answer (entry, NULL);
}

void
linx_caller_identify (GDBusConnection *bus, const char *name, GAsyncReadyCallback callback,
                      gpointer user_data)
{
  wait_for (entry_of (bus, name), g_task_new (NULL, NULL, callback, user_data));
}

void
linx_caller_get (GDBusConnection *bus, const char *name, GAsyncReadyCallback callback,
                 gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Entry *entry = entry_of (bus, name);

  if (g_list_length (entry->waiting) >= linx_limits_calls_of_root ()) {
    g_task_return_new_error (task, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                             "already %u calls of this connection under way",
                             linx_limits_calls_of_root ());
    g_object_unref (task);
    return;
  }
  wait_for (entry, task);
}

LinxCaller *
linx_caller_find (const char *name)
{
  Entry *entry = entries != NULL ? g_hash_table_lookup (entries, name) : NULL;

  return entry != NULL && entry->known ? linx_caller_ref (entry->caller) : NULL;
}

LinxCaller *
linx_caller_get_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
