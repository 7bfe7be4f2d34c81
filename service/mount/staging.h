/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "worker/worker.h"

/*
 * Staging: a mount namespace of the worker's own, in which nobody else is, and which ends when the
 * worker leaves it. A detached mount that is attached there cannot be changed, or attached anywhere
 * else, by others who hold it (check_mnt(), fs/namespace.c).
 */

/**
 * linx_staging_take:
 * @job: the job
 * @pins: its source is a detached mount; afterwards, a clone of it that nobody else holds
 * @is_directory: whether the mount's root is one
 * @error: Unshare.*, MoveMount.*, OpenTree.*, SetNs.*
 *
 * The mount itself, for all that hold it, is used up. Leaves the thread in the namespace to act in.
 */
gboolean linx_staging_take (LinxJob *job, LinxPins *pins, gboolean is_directory, GError **error);
