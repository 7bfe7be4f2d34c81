/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

gboolean
linx_propagation_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_target (request, pins, error))
    return FALSE;
  return pins->target_is_mount ? TRUE
                               : linx_error_set (error, LINX_STAGE_PROPAGATION, EINVAL,
                                                 pins->target, "not a mount point");
}

GVariant *
linx_propagation_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                          GError **error)
{
  struct mount_attr attr = { .propagation = (guint64)request->propagation };
  unsigned int flags = AT_EMPTY_PATH | (request->recursive ? AT_RECURSIVE : 0);
  int rc, err;

  if (!linx_pins_recheck_as_caller (pins, error)
      || !linx_visit_commit (visit, "mount_setattr", error))
    return NULL;
  rc = mount_setattr (pins->fd[LINX_PIN_TARGET], "", flags, &attr, sizeof attr);
  err = errno;
  linx_visit_committed (visit, rc == 0);
  if (rc == 0)
    return g_variant_new ("()");
  linx_error_set (error, LINX_STAGE_PROPAGATION, err, pins->target, NULL);
  return NULL;
}
