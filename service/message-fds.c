/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message-fds.h"
#include "reaper.h"

#include <gio/gunixfdlist.h>

#define KEY "linx-message-fds"

LinxMessageFds *
linx_message_fds_ref (LinxMessageFds *fds)
{
  g_atomic_ref_count_inc (&fds->ref);
  return fds;
}

void
linx_message_fds_unref (LinxMessageFds *fds)
{
  if (!g_atomic_ref_count_dec (&fds->ref))
    return;
  linx_reaper_close_strangers (fds->owner, fds->fd, fds->n);
  g_free (fds->fd);
  g_free (fds);
}

LinxMessageFds *
linx_message_fds_of (GDBusMessage *message)
{
  return g_object_get_data (G_OBJECT (message), KEY);
}

static gboolean
is_answer_of_the_bus (GDBusMessage *message)
{
  GDBusMessageType type = g_dbus_message_get_message_type (message);

  return (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN || type == G_DBUS_MESSAGE_TYPE_ERROR)
         && g_strcmp0 (g_dbus_message_get_sender (message), "org.freedesktop.DBus") == 0;
}

/* Runs in GDBus's thread. */
static GDBusMessage *
take_fds (GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  GUnixFDList *list = incoming ? g_dbus_message_get_unix_fd_list (message) : NULL;
  LinxMessageFds *fds;
  gint n;

  (void)bus;
  (void)user_data;
  if (list == NULL || is_answer_of_the_bus (message))
    return message;
  fds = g_new0 (LinxMessageFds, 1);
  g_atomic_ref_count_init (&fds->ref);
  fds->fd = g_unix_fd_list_steal_fds (list, &n);
  fds->n = (guint)n;
  fds->owner = -1;
  g_object_set_data_full (G_OBJECT (message), KEY, fds, (GDestroyNotify)linx_message_fds_unref);
  return message;
}

void
linx_message_fds_filter (GDBusConnection *bus)
{
  g_dbus_connection_add_filter (bus, take_fds, NULL, NULL);
}
