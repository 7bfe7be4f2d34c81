/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"
#include "filesystem.h"
#include "helper.h"
#include "ops.h"
#include "propagation.h"
#include "table.h"
#include "utab.h"

#include <sys/stat.h>
#include <unistd.h>

GVariant *
linx_reply_id (int mount)
{
  LinxFileId id = { 0 };

  linx_file_id_read (&id, mount, "");
  return g_variant_new ("(t)", id.mount);
}

/* An image is mounted by the loop device that it has, and a detached mount by what only the table
 * says. */
static void
record (const LinxRequest *request, const LinxPins *pins, int mount)
{
  gboolean is_image
      = request->verb->bit == LINX_VERB_MOUNT && pins->source_kind == LINX_SOURCE_FILE;
  gboolean by_row = is_image || pins->source_kind == LINX_SOURCE_FD;
  LinxFileId id;
  g_autofree LinxRow *row = by_row && linx_file_id_read (&id, mount, "") == 0
                                ? linx_table_read_row (id.mount, NULL)
                                : NULL;

  linx_utab_record (request, pins, row != NULL ? row->source : pins->source);
}

GVariant *
linx_reply_placed (LinxVisit *visit, const LinxRequest *request, const LinxPins *pins, int mount,
                   GError **error)
{
  if (!linx_propagation_last_step (visit, request, pins, mount, error))
    return NULL;
  record (request, pins, mount);
  return linx_reply_id (mount);
}

GVariant *
linx_reply_changed (const LinxRequest *request, int mount)
{
  return request->called->bit == LINX_VERB_MOUNT ? linx_reply_id (mount) : g_variant_new ("()");
}

gboolean
linx_mount_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  return linx_pins_hold_target (request, pins, error) && linx_filesystem_pin (request, pins, error);
}

GVariant *
linx_mount_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  GVariant *reply = NULL;
  int mount;

  if (!linx_pins_recheck_as_caller (pins, error)
      || (!pins->helper && !linx_attach_check_kind (request, pins, S_IFDIR, error)))
    return NULL;
  mount = pins->helper ? linx_helper_mount (visit, request, pins, error)
                       : linx_filesystem_make (visit, request, pins, error);
  if (mount < 0)
    return NULL;
  if (pins->helper || linx_attach (visit, request, pins, mount, error))
    reply = linx_reply_placed (visit, request, pins, mount, error);
  close (mount);
  return reply;
}
