/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

#include <gio/gio.h>

/**
 * LinxMessageFds:
 * @fd: descriptors
 * @n: how many
 * @owner: whose call they came with, as far as is known
 *
 * The descriptors that came with one message. They belong to a caller: nobody but a worker looks
 * at them, and a thread of worker/async-close closes them.
 */
typedef struct {
  gatomicrefcount ref;
  int *fd;
  guint n;
  LinxAccount owner;
} LinxMessageFds;

LinxMessageFds *linx_message_fds_ref (LinxMessageFds *fds);

/** linx_message_fds_unref: the last one hands them to linx_async_close_untrusted(). */
void linx_message_fds_unref (LinxMessageFds *fds);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxMessageFds, linx_message_fds_unref)

/**
 * linx_message_fds_filter:
 * @bus: the system bus
 * @is_relayed: whether a relay hands them over
 *
 * From now on takes the descriptors of each message that is not the bus's own answer, before GDBus
 * would close them in its own thread or in the main loop.
 */
void linx_message_fds_filter (GDBusConnection *bus, gboolean is_relayed);

/**
 * linx_message_fds_hand_over:
 * @serial: of a message that passes next to GDBus, and says that it has descriptors
 * @fd: (array length=n): those of them that were received
 * @n: how many
 *
 * In GDBus's thread, for each such message in turn.
 */
void linx_message_fds_hand_over (guint32 serial, const int *fd, guint n);

/**
 * linx_message_fds_of:
 * @message: a message that passed the filter
 *
 * Returns: (transfer none) (nullable): what the filter took off it
 */
LinxMessageFds *linx_message_fds_of (GDBusMessage *message);
