/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "mount/attributes.h"
#include "mount/filesystem.h"
#include "mount/propagation.h"
#include "mount/utab.h"
#include "source/overlay-layers.h"
#include "table/mount-id.h"
#include "table/table.h"
#include "verbs/ops.h"
#include "verbs/reply.h"

#include <errno.h>

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_SET_ATTRIBUTES, err, pins->target.path, words);
}

/* What a filesystem option means depends on the type. */
static gboolean
pin_fstype (LinxPins *pins, GError **error)
{
  g_autofree LinxRow *row = linx_table_read_row (pins->target.mount, NULL);

  if (row == NULL)
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, pins->target.path, NULL);
  pins->fs.type = g_strdup (row->fstype);
  return TRUE;
}

gboolean
linx_remount_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_target (request, pins, error))
    return FALSE;
  if (!pins->target.is_mount)
    return fail (pins, EINVAL, "not a mount point", error);
  if (pins->target.is_detached && request->superblock)
    return linx_error_set_args (error, "'superblock' does not go with a detached mount");
  return !request->superblock
         || (pin_fstype (pins, error) && linx_layers_refuse_paths (request, pins, error));
}

/* The filesystem first: where it refuses, nothing is changed yet. */
GVariant *
linx_remount_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  int target = pins->target.fd;
  LinxAttributes mount, tree;

  linx_attributes_of (request, pins, &mount, &tree);
  if (!linx_pins_recheck_as_caller (pins, error)
      || (request->superblock && !linx_filesystem_change (job, request, pins, error))
      || !linx_attributes_change (job, target, TRUE, &tree, pins->target.path, error)
      || (!request->recursive
          && !linx_attributes_change (job, target, FALSE, &mount, pins->target.path, error))
      || !linx_propagation_last_step (job, request, pins, target, error))
    return NULL;
  linx_utab_change (request, pins);
  return linx_reply_changed (request, target);
}
