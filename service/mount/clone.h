/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/**
 * linx_clone_make:
 * @request: whether the whole subtree, and with which attributes
 * @pins: the source, looked up once more
 * @error: Resolve.ESTALE, OpenTree.*, SetAttributes.*, SetNs.*
 *
 * Clones the mount at the source, in the namespace it is taken from, and leaves this worker in the
 * one to act in. Attributes and id mapping are set. A clone that goes to another namespace, to who
 * knows where, or to a caller who is not privileged, is private: in its source's peer group what is
 * mounted or unmounted in one of them would be so in the other.
 *
 * Returns: (transfer full): a detached mount, or -1
 */
int linx_clone_make (const LinxRequest *request, LinxPins *pins, GError **error);
