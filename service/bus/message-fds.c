/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/message-fds.h"
#include "bus/message-filter.h"
#include "worker/async-close.h"

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
  linx_async_close_untrusted (fds->owner, fds->fd, fds->n);
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

/* For GDBus's thread alone: messages come to the filter in the order in which they passed. What
 * comes before there is a filter is nobody's. */
typedef struct {
  guint32 serial;
  LinxMessageFds *fds;
} HandedOver;

static GQueue handed_over = G_QUEUE_INIT;
static gboolean takes;

static LinxMessageFds *
message_fds_new (int *fd, guint n)
{
  LinxMessageFds *fds = g_new0 (LinxMessageFds, 1);

  g_atomic_ref_count_init (&fds->ref);
  fds->fd = fd;
  fds->n = n;
  fds->owner = LINX_ACCOUNT_NOBODY;
  return fds;
}

void
linx_message_fds_hand_over (guint32 serial, const int *fd, guint n)
{
  LinxMessageFds *fds = message_fds_new (g_memdup2 (fd, n * sizeof *fd), n);
  HandedOver *one;

  if (!takes) {
    linx_message_fds_unref (fds);
    return;
  }
  one = g_new (HandedOver, 1);
  one->serial = serial;
  one->fds = fds;
  g_queue_push_tail (&handed_over, one);
}

static LinxMessageFds *
take_over (GDBusMessage *message)
{
  const char *sender = g_dbus_message_get_sender (message);
  g_autofree HandedOver *one = NULL;

  takes = TRUE;
  if (g_dbus_message_get_num_unix_fds (message) == 0 || g_queue_is_empty (&handed_over))
    return NULL;
  one = g_queue_pop_head (&handed_over);
  if (one->serial == g_dbus_message_get_serial (message)) {
    if (sender != NULL)
      one->fds->owner = linx_message_filter_known_account_of (sender);
    return one->fds;
  }
  g_queue_push_head (&handed_over, g_steal_pointer (&one));
  return NULL;
}

static LinxMessageFds *
take_off (GDBusMessage *message)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (message);
  int *fd, n;

  if (list == NULL || is_answer_of_the_bus (message))
    return NULL;
  fd = g_unix_fd_list_steal_fds (list, &n);
  return message_fds_new (fd, (guint)n);
}

/* What newer GLibs have locked is copied. */
static GDBusMessage *
unlocked (GDBusMessage *message)
{
  GDBusMessage *copy
      = g_dbus_message_get_locked (message) ? g_dbus_message_copy (message, NULL) : NULL;

  if (copy == NULL)
    return message;
  g_object_unref (message);
  return copy;
}

/* The bus's own go where GDBus looks for them. */
static GDBusMessage *
give_back (GDBusMessage *message, LinxMessageFds *fds)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new_from_array (fds->fd, (int)fds->n);

  message = unlocked (message);
  g_dbus_message_set_unix_fd_list (message, list);
  fds->n = 0;
  linx_message_fds_unref (fds);
  return message;
}

/* Runs in GDBus's thread. */
static GDBusMessage *
take_fds (GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer is_relayed)
{
  LinxMessageFds *fds = NULL;

  (void)bus;
  if (incoming)
    fds = is_relayed != NULL ? take_over (message) : take_off (message);
  if (fds == NULL)
    return message;
  if (is_answer_of_the_bus (message))
    return give_back (message, fds);
  g_object_set_data_full (G_OBJECT (message), KEY, fds, (GDestroyNotify)linx_message_fds_unref);
  return message;
}

void
linx_message_fds_filter (GDBusConnection *bus, gboolean is_relayed)
{
  g_dbus_connection_add_filter (bus, take_fds, GINT_TO_POINTER (is_relayed), NULL);
}
