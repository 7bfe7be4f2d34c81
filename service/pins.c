/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pins.h"
#include "linx-error.h"
#include "mount-id.h"
#include "namespace.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

LinxPins *
linx_pins_new (LinxCaller *caller, const LinxRequest *request)
{
  LinxPins *pins = g_new0 (LinxPins, 1);

  for (guint i = 0; i < LINX_PINS_ALL; i++)
    pins->fd[i] = -1;
  pins->fd[LINX_LENT_CALLER] = caller->pidfd;
  pins->fd[LINX_LENT_IN] = request->in.fd;
  pins->fd[LINX_LENT_FROM] = request->from.fd;
  pins->fd[LINX_LENT_TARGET] = request->target.fd;
  pins->fd[LINX_LENT_SOURCE] = request->source.fd;
  pins->fd[LINX_LENT_PUT_OLD] = request->put_old.fd;
  pins->fd[LINX_LENT_PROCESS] = request->process.fd;
  pins->fd[LINX_LENT_IDMAP] = request->idmap.fd;
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

gboolean
linx_pins_hold_any (const LinxPins *pins)
{
  for (guint i = 0; i < LINX_PINS_OWNED; i++)
    if (pins->fd[i] >= 0)
      return TRUE;
  return FALSE;
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
  linx_place_clear (&pins->put_old);
  g_free (pins->put_old_below);
  g_free (pins->source);
  linx_place_clear (&pins->source_place);
  g_free (pins->fstype);
  g_clear_pointer (&pins->seen, linx_seen_free);
  g_clear_pointer (&pins->listed, g_array_unref);
  g_clear_pointer (&pins->layers, g_array_unref);
  g_free (pins);
}

static int
open_named (const LinxRequest *request, const LinxPins *pins, guint root, const LinxNamed *named,
            guint lent, GError **error)
{
  if (named->fd < 0)
    return linx_path_open (pins->fd[root], named->path, linx_request_path_flags (request), error);
  return linx_path_reopen (pins->fd[lent], error);
}

/* The directory of a target that is to be created, and its last component. */
static gboolean
hold_parent (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *parent = NULL;

  linx_path_split (request->target.path, &parent, &pins->name);
  if (g_str_equal (pins->name, ".") || g_str_equal (pins->name, ".."))
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENOENT, request->target.path, NULL);
  pins->fd[LINX_PIN_TARGET]
      = linx_path_open (pins->fd[LINX_PIN_ROOT], parent, linx_request_path_flags (request), error);
  return pins->fd[LINX_PIN_TARGET] >= 0;
}

gboolean
linx_pins_hold_target (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autoptr (GError) missing = NULL;

  pins->fd[LINX_PIN_TARGET]
      = open_named (request, pins, LINX_PIN_ROOT, &request->target, LINX_LENT_TARGET, &missing);
  if (missing != NULL
      && (request->create == LINX_CREATE_NOTHING
          || linx_mount_error_get_errno (missing) != ENOENT)) {
    g_propagate_error (error, g_steal_pointer (&missing));
    return FALSE;
  }
  if (missing != NULL && !hold_parent (request, pins, error))
    return FALSE;
  if (!linx_place_read (&pins->place, pins->fd[LINX_PIN_TARGET], linx_named_text (&request->target),
                        error))
    return FALSE;

  pins->target = pins->name == NULL ? g_strdup (pins->place.path)
                                    : g_build_filename (pins->place.path, pins->name, NULL);
  pins->target_mount = pins->place.id.mount;
  pins->target_is_mount = pins->name == NULL && pins->place.id.mount_root;
  pins->target_propagation = linx_mount_id_propagation (pins->target_mount);
  return TRUE;
}

/* The path of @path from @top, where it is below it. */
static char *
path_below (const char *path, const char *top)
{
  gsize length = g_str_equal (top, "/") ? 0 : strlen (top);

  if (strncmp (path, top, length) != 0 || path[length] != '/' || path[length + 1] == '\0')
    return NULL;
  return g_strdup (path + length + 1);
}

gboolean
linx_pins_hold_put_old (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxNamed *named = &request->put_old;

  if (named->path == NULL && named->fd < 0)
    return TRUE;
  pins->fd[LINX_PIN_PUT_OLD]
      = open_named (request, pins, LINX_PIN_ROOT, named, LINX_LENT_PUT_OLD, error);
  if (pins->fd[LINX_PIN_PUT_OLD] < 0
      || !linx_place_read (&pins->put_old, pins->fd[LINX_PIN_PUT_OLD], linx_named_text (named),
                           error))
    return FALSE;
  pins->put_old_below = path_below (pins->put_old.path, pins->place.path);
  return TRUE;
}

const char *
linx_pins_path (const LinxPins *pins)
{
  return pins->target != NULL ? pins->target : pins->source;
}

gboolean
linx_pins_crosses (const LinxPins *pins)
{
  return pins->ns[LINX_FROM].kind != LINX_NAMESPACE_UNKNOWN
         && pins->ns[LINX_FROM].inode != pins->ns[LINX_IN].inode;
}

static gboolean
hold_source (const LinxRequest *request, LinxPins *pins, GError **error)
{
  guint root = pins->fd[LINX_PIN_FROM_NS] >= 0 ? LINX_PIN_FROM_ROOT : LINX_PIN_ROOT;

  pins->fd[LINX_PIN_SOURCE]
      = open_named (request, pins, root, &request->source, LINX_LENT_SOURCE, error);
  if (pins->fd[LINX_PIN_SOURCE] < 0
      || !linx_place_read (&pins->source_place, pins->fd[LINX_PIN_SOURCE],
                           linx_named_text (&request->source), error))
    return FALSE;
  pins->source = g_strdup (pins->source_place.path);
  pins->source_kind
      = S_ISDIR (pins->source_place.id.mode) ? LINX_SOURCE_DIRECTORY : LINX_SOURCE_FILE;
  return TRUE;
}

gboolean
linx_pins_hold_source (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (!linx_pins_crosses (pins))
    return hold_source (request, pins, error);
  return linx_namespace_enter (pins, LINX_FROM, error) && hold_source (request, pins, error)
         && linx_namespace_enter (pins, LINX_IN, error);
}

static gboolean
recheck_place (const LinxPlace *place, int fd, GError **error)
{
  g_auto (LinxPlace) now = { 0 };

  if (!linx_place_read (&now, fd, place->path, error))
    return FALSE;
  if (!g_str_equal (now.path, place->path) || !linx_file_id_equal (&now.id, &place->id))
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, place->path,
                           "no longer what was approved");
  return TRUE;
}

gboolean
linx_pins_recheck (const LinxPins *pins, GError **error)
{
  return recheck_place (&pins->place, pins->fd[LINX_PIN_TARGET], error)
         && (pins->put_old.path == NULL
             || recheck_place (&pins->put_old, pins->fd[LINX_PIN_PUT_OLD], error));
}

gboolean
linx_pins_recheck_as_caller (const LinxPins *pins, GError **error)
{
  gboolean ok;

  if (pins->fresh)
    return TRUE;
  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return FALSE;
  ok = linx_pins_recheck (pins, error);
  return linx_caller_resume (ok ? error : NULL) && ok;
}

gboolean
linx_pins_recheck_other (const LinxPins *pins, const LinxPlace *place, guint at, GError **error)
{
  gboolean ok;

  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return FALSE;
  ok = recheck_place (place, pins->fd[at], error);
  return linx_caller_resume (ok ? error : NULL) && ok;
}

gboolean
linx_pins_recheck_source (const LinxPins *pins, GError **error)
{
  return linx_pins_recheck_other (pins, &pins->source_place, LINX_PIN_SOURCE, error);
}
