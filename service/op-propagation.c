/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"
#include "linx-error.h"
#include "ops.h"
#include "propagation.h"

#include <errno.h>
#include <sys/mount.h>

gboolean
linx_propagation_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_target (request, pins, error))
    return FALSE;
  return pins->target_is_mount ? TRUE
                               : linx_error_set (error, LINX_MOUNT_STAGE_PROPAGATION, EINVAL,
                                                 pins->target, "not a mount point");
}

gboolean
linx_propagation_set (LinxVisit *visit, int mount, gboolean recursive, int propagation,
                      const char *path, GError **error)
{
  const LinxAttributes none = { 0, 0 };
  int err;

  if (!linx_visit_commit (visit, "mount_setattr", error))
    return FALSE;
  err = linx_attributes_set (mount, recursive, &none, propagation);
  linx_visit_committed (visit, err == 0);
  return err == 0 ? TRUE
                  : linx_error_set (error, LINX_MOUNT_STAGE_PROPAGATION, err, path,
                                    err == EINVAL ? "it is neither a mount of this namespace "
                                                    "nor a detached one"
                                                  : NULL);
}

GVariant *
linx_propagation_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                          GError **error)
{
  int mount = pins->fd[LINX_PIN_TARGET];

  if (!linx_pins_recheck_as_caller (pins, error)
      || !linx_propagation_set (visit, mount, request->recursive, request->propagation,
                                pins->target, error))
    return NULL;
  return linx_reply_changed (request, mount);
}

gboolean
linx_propagation_last_step (LinxVisit *visit, const LinxRequest *request, const LinxPins *pins,
                            int mount, GError **error)
{
  /* What is below a detached mount cannot be changed any more, and is what it was before. */
  return request->propagation == 0 || (pins->target_detached && mount != pins->fd[LINX_PIN_TARGET])
         || linx_propagation_set (visit, mount, request->options->propagation_recursive,
                                  request->propagation, pins->target, error);
}
