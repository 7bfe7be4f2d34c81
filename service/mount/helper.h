/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/*
 * Helpers: the programs /sbin/mount.TYPE that mount what the kernel alone cannot (mount(8)).
 */

/**
 * linx_helper_pin:
 * @request: the options
 * @pins: the type; is told whether it needs a helper
 * @error: NotSupported, for helpers are run in the host's namespace alone; InvalidArgs for an
 * option that cannot be passed on
 */
gboolean linx_helper_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_helper_mount:
 * @job: the job
 * @request: source and options
 * @pins: the target, looked up once more
 * @error: Helper.*, in the helper's own words
 *
 * Source and target, where they are paths, were looked up as the caller; as a helper takes paths,
 * only those that lead through directories of root's alone will do (EPERM).
 *
 * Has mount(8) run the helper, with an empty environment and, where systemd is, in a unit of its
 * own: a FUSE server outlives the service, and is held by none of its restrictions. What came of it
 * is looked at afterwards: it must be a new mount on the mount that was approved.
 *
 * Returns: (transfer full): a descriptor of the new mount, or -1
 */
int linx_helper_mount (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error);
