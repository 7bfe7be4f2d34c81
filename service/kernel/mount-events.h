/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Mount events: how the kernel tells that a mount table changes. Neither way keeps a mount busy.
 */

/** linx_mount_events_are_there: whether this kernel has fanotify(7) for mounts (Linux 6.15). */
gboolean linx_mount_events_are_there (void);

/**
 * linx_mount_events_open:
 * @ns_fd: a mount namespace
 * @error: Watch.*: EMFILE where there are too many (fs.fanotify.max_user_groups)
 *
 * Listens to mounts being attached and detached. It does not keep the namespace alive, and says
 * nothing when that ends.
 *
 * Returns: (transfer full): a descriptor that is readable when there are events, or -1
 */
int linx_mount_events_open (int ns_fd, GError **error);

/** linx_mount_events_close: has @fd closed on a thread. Who opens one when there are too many waits
 * for it. For the main loop. */
void linx_mount_events_close (int *fd);

/**
 * linx_mount_events_read:
 * @fd: what linx_mount_events_open() returned
 * @touched: (element-type guint64): gets the unique ids of mounts that came, went or moved,
 *   each once, in ascending order
 *
 * Takes all events there are.
 *
 * Returns: whether more has changed than @touched says: mounts moved, and with them those below, or
 *   the kernel has lost events
 */
gboolean linx_mount_events_read (int fd, GArray *touched);

/**
 * linx_mount_poller_open:
 * @error: Watch.*
 *
 * Opens this worker's own mountinfo, for poll(2) alone: POLLPRI, once, when anything of the table
 * has changed, but for the propagation type by mount(2). While it is open the namespace lives.
 *
 * An open mountinfo holds the root of who opened it. So the worker's root becomes an empty mount of
 * its own, and it must enter its namespace again.
 *
 * Returns: (transfer full): a descriptor, or -1
 */
int linx_mount_poller_open (GError **error);
