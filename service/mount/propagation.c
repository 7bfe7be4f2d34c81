/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/propagation.h"
#include "linx-error.h"
#include "mount/attributes.h"

#include <errno.h>

gboolean
linx_propagation_set (LinxJob *job, int mount, gboolean recursive, int propagation,
                      const char *path, GError **error)
{
  const LinxAttributes none = { 0, 0 };
  int err;

  if (!linx_job_commit (job, "mount_setattr", error))
    return FALSE;
  err = linx_attributes_set (mount, recursive, &none, propagation);
  linx_job_committed (job, err == 0);
  return err == 0 ? TRUE
                  : linx_error_set (error, LINX_MOUNT_STAGE_PROPAGATION, err, path,
                                    err == EINVAL ? "it is neither a mount of this namespace "
                                                    "nor a detached one"
                                                  : NULL);
}

gboolean
linx_propagation_last_step (LinxJob *job, const LinxRequest *request, const LinxPins *pins,
                            int mount, GError **error)
{
  /* What is below a detached mount cannot be changed any more, and is what it was before. */
  return request->propagation == 0 || (pins->target.is_detached && mount != pins->target.fd)
         || linx_propagation_set (job, mount, request->options->propagation_recursive,
                                  request->propagation, pins->target.path, error);
}
