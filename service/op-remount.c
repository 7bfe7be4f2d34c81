/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"
#include "filesystem.h"
#include "layers.h"
#include "linx-error.h"
#include "mount-id.h"
#include "ops.h"
#include "propagation.h"
#include "table.h"

#include <errno.h>
#include <sys/mount.h>

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_STAGE_SET_ATTRIBUTES, err, pins->target, words);
}

/* What a filesystem option means depends on the type. */
static gboolean
pin_fstype (LinxPins *pins, GError **error)
{
  g_autoptr (LinxTable) table = linx_table_read (-1, error);
  const LinxRow *row = table != NULL ? linx_table_find (table, pins->target_mount) : NULL;

  if (row != NULL)
    pins->fstype = g_strdup (row->fstype);
  else if (table != NULL)
    linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->target, NULL);
  return row != NULL;
}

gboolean
linx_remount_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_hold_target (request, pins, error))
    return FALSE;
  if (!pins->target_is_mount)
    return fail (pins, EINVAL, "not a mount point", error);
  return !request->superblock
         || (pin_fstype (pins, error) && linx_layers_refuse_paths (request, pins, error));
}

static gboolean
set_attributes (LinxVisit *visit, const LinxPins *pins, gboolean recursive,
                const LinxAttributes *attributes, GError **error)
{
  int err;

  if (attributes->set == 0 && attributes->clear == 0)
    return TRUE;
  if (!linx_visit_commit (visit, "mount_setattr", error))
    return FALSE;
  err = linx_attributes_set (pins->fd[LINX_PIN_TARGET], recursive, attributes, 0);
  linx_visit_committed (visit, err == 0);
  if (err == 0)
    return TRUE;
  return fail (
      pins, err,
      err == EPERM
          ? "the attribute is locked: the mount came from a more privileged mount namespace"
      : err == EBUSY ? "a file on it is open for writing"
                     : NULL,
      error);
}

/* The filesystem first: where it refuses, nothing is changed yet. */
GVariant *
linx_remount_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  LinxAttributes mount, tree;

  linx_attributes_of (request, pins, &mount, &tree);
  if (!linx_pins_recheck_as_caller (pins, error)
      || (request->superblock && !linx_filesystem_change (visit, request, pins, error))
      || !set_attributes (visit, pins, TRUE, &tree, error)
      || (!request->recursive && !set_attributes (visit, pins, FALSE, &mount, error))
      || !linx_propagation_last_step (visit, request, pins, pins->fd[LINX_PIN_TARGET], error))
    return NULL;
  return linx_reply_changed (request, pins->fd[LINX_PIN_TARGET]);
}
