/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/*
 * Peers: where else a mount or an unmount appears, by propagation (mount_namespaces(7)). What is
 * mounted on a shared mount, or unmounted from it, is so on all mounts of its peer group, and on
 * those that receive from it, in whatever namespace. All of it runs on a worker, inside the
 * namespace to act in.
 */

/* More places of the host than that no person and no rule can judge. */
#define LINX_MAX_HOST_PLACES 16

/**
 * linx_peers_pin:
 * @request: what is asked for
 * @pins: what it was pinned to; gets @peers
 * @error: List.*; LimitsExceeded: it would appear in more than %LINX_MAX_HOST_PLACES places of the
 *   host
 *
 * Finds out where in the host it will appear too. What decides is how the mount propagates that is
 * mounted on: that of the target, or, of what is unmounted or moved away, its parent
 * (propagate_mnt() and propagate_umount(), fs/pnode.c). Nothing is read for a caller who is asked
 * nothing, in the host itself, and where that mount is not shared.
 */
gboolean linx_peers_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_peers_mounted_on:
 * @request: a request to put a mount somewhere, or to unmount one
 * @pins: where
 *
 * Returns: the id of the mount whose propagation decides where else that happens
 */
guint64 linx_peers_mounted_on (const LinxRequest *request, const LinxPins *pins);

/**
 * linx_peers_recheck:
 * @request: what is asked for
 * @pins: what was approved
 * @error: Resolve.ESTALE
 *
 * For perform, right before the commit. Between the two somebody may still join a peer group.
 *
 * Returns: whether it still appears exactly where it was approved to
 */
gboolean linx_peers_recheck (const LinxRequest *request, const LinxPins *pins, GError **error);
