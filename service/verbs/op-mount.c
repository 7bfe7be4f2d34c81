/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/attach.h"
#include "mount/filesystem.h"
#include "mount/helper.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <sys/stat.h>
#include <unistd.h>

gboolean
linx_mount_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_pins_hold_target (request, pins, error) && linx_filesystem_pin (request, pins, error);
}

GVariant *
linx_mount_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  GVariant *reply = NULL;
  int mount;

  if (!linx_pins_recheck_as_caller (pins, error)
      || (!pins->fs.by_helper && !linx_attach_check_kind (request, pins, S_IFDIR, error)))
    return NULL;
  mount = pins->fs.by_helper ? linx_helper_mount (job, request, pins, error)
                             : linx_filesystem_make (job, request, pins, error);
  if (mount < 0)
    return NULL;
  if (pins->fs.by_helper || linx_attach (job, request, pins, mount, error))
    reply = linx_reply_placed (job, request, pins, mount, error);
  close (mount);
  return reply;
}
