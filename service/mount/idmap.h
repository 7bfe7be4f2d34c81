/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/**
 * linx_idmap_set:
 * @request: whether the whole subtree
 * @pins: the mapping, if there is to be one
 * @mount: a detached mount; where it is a clone, this thread is in the namespace of its source
 * @error: SetAttributes.*, which names the mount that cannot be mapped
 *
 * Gives a mount the id mapping of a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP).
 */
gboolean linx_idmap_set (const LinxRequest *request, const LinxPins *pins, int mount,
                         GError **error);
