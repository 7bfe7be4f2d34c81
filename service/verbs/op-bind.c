/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/attach.h"
#include "mount/clone.h"
#include "source/namespaced-fs.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <unistd.h>

gboolean
linx_bind_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_namespaced_fs_pin_idmap (request, pins, error)
         && linx_pins_hold_source (request, pins, LINX_PATH_TRIGGER, error)
         && linx_pins_hold_target (request, pins, error);
}

GVariant *
linx_bind_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  int mount = linx_clone_make (request, pins, error);
  GVariant *reply = NULL;

  if (mount < 0)
    return NULL;
  if (linx_attach (job, request, pins, mount, error))
    reply = linx_reply_placed (job, request, pins, mount, error);
  close (mount);
  return reply;
}
