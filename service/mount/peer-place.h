/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"

/**
 * linx_peer_place:
 * @host: a mount of the host
 * @decides: a mount of this namespace, of the same filesystem
 * @path: a place on it, from the root of the namespace
 * @directories: (inout): counts the directories that were looked up
 *
 * Where a place on one mount is on another one. Rows tell by name which part of the filesystem a
 * mount shows, and names change: that a place is in no part that @host shows counts only where
 * nobody but root can rename what leads there. Where that cannot be told, it is all of @host.
 *
 * Returns: (transfer full) (nullable): a path of the host; %NULL where @host does not show it
 */
char *linx_peer_place (const LinxRow *host, const LinxRow *decides, const char *path,
                       guint *directories);
