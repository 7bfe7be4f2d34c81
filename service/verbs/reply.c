/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs/reply.h"
#include "mount/propagation.h"
#include "mount/utab.h"
#include "table/file-id.h"
#include "table/table.h"

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
      = request->method->bit == LINX_VERB_MOUNT && pins->source.kind == LINX_SOURCE_FILE;
  gboolean by_row = is_image || pins->source.kind == LINX_SOURCE_FD;
  LinxFileId id;
  g_autofree LinxRow *row = by_row && linx_file_id_read (&id, mount, "") == 0
                                ? linx_table_read_row (id.mount, NULL)
                                : NULL;

  linx_utab_record (request, pins, row != NULL ? row->source : pins->source.path);
}

GVariant *
linx_reply_placed (LinxJob *job, const LinxRequest *request, const LinxPins *pins, int mount,
                   GError **error)
{
  if (!linx_propagation_last_step (job, request, pins, mount, error))
    return NULL;
  record (request, pins, mount);
  return linx_reply_id (mount);
}

GVariant *
linx_reply_changed (const LinxRequest *request, int mount)
{
  return request->called->bit == LINX_VERB_MOUNT ? linx_reply_id (mount) : g_variant_new ("()");
}
