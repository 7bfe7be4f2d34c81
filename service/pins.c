/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pins.h"
#include "linx-error.h"
#include "mount-id.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

LinxPins *
linx_pins_new (LinxCaller *caller, const LinxRequest *request)
{
  LinxPins *pins = g_new0 (LinxPins, 1);

  for (guint i = 0; i < LINX_PINS_ALL; i++)
    pins->fd[i] = -1;
  pins->fd[LINX_LENT_CALLER] = caller->pidfd;
  pins->fd[LINX_LENT_IN] = request->in.fd;
  pins->caller = linx_caller_ref (caller);
  return pins;
}

void
linx_pins_close (LinxPins *pins, guint place)
{
  if (pins->fd[place] >= 0)
    close (pins->fd[place]);
  pins->fd[place] = -1;
}

void
linx_pins_free (LinxPins *pins)
{
  for (guint i = 0; i < LINX_PINS_OWNED; i++)
    linx_pins_close (pins, i);
  linx_caller_unref (pins->caller);
  linx_place_clear (&pins->place);
  g_free (pins->name);
  g_free (pins->target);
  g_free (pins->target_propagation);
  g_free (pins->source);
  g_free (pins);
}

/* The directory of a target that is to be created, and its last component. */
static gboolean
hold_parent (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *path = g_strdup (request->target);
  g_autofree char *parent = NULL;

  while (strlen (path) > 1 && g_str_has_suffix (path, "/"))
    path[strlen (path) - 1] = '\0';
  parent = g_path_get_dirname (path);
  pins->name = g_path_get_basename (path);
  if (g_str_equal (pins->name, ".") || g_str_equal (pins->name, ".."))
    return linx_error_set (error, LINX_STAGE_RESOLVE, ENOENT, request->target, NULL);
  pins->fd[LINX_PIN_TARGET]
      = linx_path_open (pins->fd[LINX_PIN_ROOT], parent, linx_request_path_flags (request), error);
  return pins->fd[LINX_PIN_TARGET] >= 0;
}

gboolean
linx_pins_hold_target (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autoptr (GError) missing = NULL;

  pins->fd[LINX_PIN_TARGET] = linx_path_open (pins->fd[LINX_PIN_ROOT], request->target,
                                              linx_request_path_flags (request), &missing);
  if (missing != NULL
      && (request->create == LINX_CREATE_NOTHING || linx_error_errno (missing) != ENOENT)) {
    g_propagate_error (error, g_steal_pointer (&missing));
    return FALSE;
  }
  if (missing != NULL && !hold_parent (request, pins, error))
    return FALSE;
  if (!linx_place_read (&pins->place, pins->fd[LINX_PIN_TARGET], request->target, error))
    return FALSE;

  pins->target = pins->name == NULL ? g_strdup (pins->place.path)
                                    : g_build_filename (pins->place.path, pins->name, NULL);
  pins->target_mount = pins->place.id.mount;
  pins->target_is_mount = pins->name == NULL && pins->place.id.mount_root;
  pins->target_propagation = linx_mount_id_propagation (pins->target_mount);
  return TRUE;
}

gboolean
linx_pins_recheck (const LinxPins *pins, GError **error)
{
  g_auto (LinxPlace) now = { 0 };

  if (!linx_place_read (&now, pins->fd[LINX_PIN_TARGET], pins->place.path, error))
    return FALSE;
  if (!g_str_equal (now.path, pins->place.path) || !linx_file_id_equal (&now.id, &pins->place.id))
    return linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->place.path,
                           "no longer what was approved");
  return TRUE;
}
