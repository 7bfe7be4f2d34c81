/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/pins.h"
#include "linx-error.h"
#include "lookup/ns-file.h"
#include "quota/layer-quota.h"
#include "table/mount-id.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

LinxPins *
linx_pins_new (LinxCaller *caller, const LinxRequest *request)
{
  LinxPins *pins = g_new0 (LinxPins, 1);

  memset (pins->fd, 0xff, sizeof pins->fd); /* -1 */
  pins->fd[LINX_LENT_CALLER] = caller->pidfd;
  pins->fd[LINX_LENT_IN] = request->in.fd;
  pins->fd[LINX_LENT_FROM] = request->from.fd;
  pins->fd[LINX_LENT_TARGET] = request->target.fd;
  pins->fd[LINX_LENT_SOURCE] = request->source.fd;
  pins->fd[LINX_LENT_PUT_OLD] = request->put_old.fd;
  pins->fd[LINX_LENT_PROCESS] = request->process.fd;
  pins->fd[LINX_LENT_IDMAP] = request->idmap.fd;
  pins->caller = linx_caller_ref (caller);
  pins->credentials = (LinxCredentials){ .uid = caller->uid,
                                         .groups = caller->groups,
                                         .n_groups = caller->n_groups };
  pins->propagates = "";
  pins->memory.account = caller->account;
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
linx_pins_close_all (LinxPins *pins, guint end)
{
  for (guint i = 0; i < pins->layers_taken; i++)
    linx_pins_close (pins, LINX_PIN_LAYERS + i);
  for (guint i = LINX_PIN_NS; i < end; i++)
    linx_pins_close (pins, i);
}

guint
linx_pins_first (const LinxPins *pins, const LinxRequest *request)
{
  gboolean may_have_layers
      = pins->layers_taken > 0
        || ((request->method->bit & LINX_VERBS_MAKING) != 0
            && (request->fstype[0] == '\0' || g_str_equal (request->fstype, "overlay")));

  return may_have_layers ? LINX_PIN_LAYERS : LINX_PIN_NS;
}

gboolean
linx_pins_hold_any (const LinxPins *pins)
{
  if (pins->layers_taken > 0)
    return TRUE;
  for (guint i = LINX_PIN_NS; i < LINX_PINS_OWNED; i++)
    if (pins->fd[i] >= 0)
      return TRUE;
  return FALSE;
}

void
linx_pins_free (LinxPins *pins)
{
  linx_pins_close_all (pins, LINX_PINS_OWNED);
  linx_caller_unref (pins->caller);
  linx_place_clear (&pins->place);
  g_free (pins->name);
  g_free (pins->target);
  g_free (pins->target_propagation);
  g_clear_pointer (&pins->host_places, g_ptr_array_unref);
  linx_cgroup_clear (&pins->caller_cgroup);
  linx_cgroup_clear (&pins->ns[LINX_IN].cgroup);
  linx_cgroup_clear (&pins->ns[LINX_FROM].cgroup);
  linx_cgroup_clear (&pins->process_cgroup);
  linx_place_clear (&pins->put_old);
  g_free (pins->put_old_below);
  g_free (pins->source);
  linx_place_clear (&pins->source_place);
  g_free (pins->fstype);
  g_clear_pointer (&pins->seen, linx_table_snapshot_free);
  g_clear_pointer (&pins->listed, g_array_unref);
  g_clear_pointer (&pins->layers, g_array_unref);
  if (pins->layers_taken > 0)
    linx_layers_give_back (pins->memory.account, pins->layers_taken);
  linx_memory_clear (&pins->memory);
  g_free (pins);
}

gboolean
linx_pins_is_detached (const LinxFileId *id)
{
  return id->mount_root && linx_mount_id_is_absent (id->mount);
}

guint
linx_pins_path_flags (const LinxRequest *request)
{
  return request->no_symlinks ? LINX_PATH_NO_SYMLINKS : 0;
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

/* What no path leads to: a detached mount, or a namespace file. */
static gboolean
recheck_detached (const LinxFileId *id, int fd, GError **error)
{
  LinxFileId now;

  if (linx_ns_file_is (id))
    return TRUE; /* which it is for as long as it is held */
  return linx_file_id_read (&now, fd, "") == 0 && linx_file_id_equal (&now, id)
                 && linx_pins_is_detached (&now)
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, LINX_DETACHED,
                               "it was attached meanwhile");
}

static gboolean
recheck_place (const LinxPlace *place, int fd, GError **error)
{
  g_auto (LinxPlace) now = { 0 };

  if (place->path == NULL)
    return recheck_detached (&place->id, fd, error);
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
  if (!linx_credentials_assume (&pins->credentials, error))
    return FALSE;
  ok = linx_pins_recheck (pins, error);
  return linx_credentials_resume (ok ? error : NULL) && ok;
}

gboolean
linx_pins_recheck_other (const LinxPins *pins, const LinxPlace *place, guint at, GError **error)
{
  gboolean ok;

  if (!linx_credentials_assume (&pins->credentials, error))
    return FALSE;
  ok = recheck_place (place, pins->fd[at], error);
  return linx_credentials_resume (ok ? error : NULL) && ok;
}

gboolean
linx_pins_recheck_source (const LinxPins *pins, GError **error)
{
  return linx_pins_recheck_other (pins, &pins->source_place, LINX_PIN_SOURCE, error);
}
