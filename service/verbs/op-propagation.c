/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "mount/propagation.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <errno.h>

gboolean
linx_propagation_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_target (request, pins, error))
    return FALSE;
  return pins->target.is_mount ? TRUE
                               : linx_error_set (error, LINX_MOUNT_STAGE_PROPAGATION, EINVAL,
                                                 pins->target.path, "not a mount point");
}

GVariant *
linx_propagation_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  int mount = pins->target.fd;

  if (!linx_pins_recheck_as_caller (pins, error)
      || !linx_propagation_set (job, mount, request->recursive, request->propagation,
                                pins->target.path, error))
    return NULL;
  return linx_reply_changed (request, mount);
}
