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
  LinxFdPlaces places = { .n = 0 };

  linx_pins_find_places (pins, &places);
  linx_fd_places_clear (&places);
  pins->sender.pidfd = caller->pidfd;
  pins->ns[LINX_IN].given_fd = request->in.fd;
  pins->ns[LINX_FROM].given_fd = request->from.fd;
  pins->target.given_fd = request->target.fd;
  pins->source.given_fd = request->source.fd;
  pins->put_old.given_fd = request->put_old.fd;
  pins->fs_process.given_fd = request->process.fd;
  pins->idmap.given_fd = request->idmap.fd;
  pins->sender.caller = linx_caller_ref (caller);
  pins->sender.credentials = (LinxCredentials){ .uid = caller->uid,
                                                .groups = caller->groups,
                                                .n_groups = caller->n_groups };
  pins->peers.word = "";
  pins->memory.account = caller->account;
  return pins;
}

/* What outlives the job first, and layers last of what is the pins' own: there may be more
 * afterwards. */
#define N_KEPT 4

void
linx_pins_find_places (gpointer data, LinxFdPlaces *places)
{
  LinxPins *pins = data;
  int *const own[] = {
    &pins->reply,
    &pins->watched.events,
    &pins->watched.poller,
    &pins->watched.process,
    &pins->ns[LINX_IN].fd,
    &pins->ns[LINX_IN].root,
    &pins->ns[LINX_IN].process,
    &pins->ns[LINX_FROM].fd,
    &pins->ns[LINX_FROM].root,
    &pins->ns[LINX_FROM].process,
    &pins->target.fd,
    &pins->source.fd,
    &pins->put_old.fd,
    &pins->fs_process.fd,
    &pins->idmap.fd,
    &pins->listing.mountinfo,
  };
  int *const untrusted[] = {
    &pins->ns[LINX_IN].given_fd, &pins->ns[LINX_FROM].given_fd, &pins->target.given_fd,
    &pins->source.given_fd,      &pins->put_old.given_fd,       &pins->fs_process.given_fd,
    &pins->idmap.given_fd,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (own); i++)
    linx_fd_places_add (places, LINX_FD_OWN, own[i]);
  for (guint i = 0; pins->fs.layers != NULL && i < pins->fs.layers->len; i++)
    linx_fd_places_add (places, LINX_FD_OWN, &g_array_index (pins->fs.layers, LinxLayer, i).fd);
  linx_fd_places_add (places, LINX_FD_LENT, &pins->sender.pidfd);
  for (gsize i = 0; i < G_N_ELEMENTS (untrusted); i++)
    linx_fd_places_add (places, LINX_FD_UNTRUSTED, untrusted[i]);
}

static void
close_from (LinxPins *pins, guint first)
{
  LinxFdPlaces places = { .n = 0 };

  linx_pins_find_places (pins, &places);
  for (guint i = first; i < places.n_until[LINX_FD_OWN]; i++) {
    if (*places.at[i] >= 0)
      close (*places.at[i]);
    *places.at[i] = -1;
  }
}

void
linx_pins_close (LinxPins *pins)
{
  close_from (pins, N_KEPT);
}

gboolean
linx_pins_hold_any (const LinxPins *pins)
{
  LinxFdPlaces places = { .n = 0 };

  linx_pins_find_places ((gpointer)pins, &places);
  for (guint i = 0; i < places.n_until[LINX_FD_OWN]; i++)
    if (*places.at[i] >= 0)
      return TRUE;
  return FALSE;
}

static void
clear_target (LinxTarget *target)
{
  linx_place_clear (&target->place);
  g_free (target->name);
  g_free (target->path);
  g_free (target->propagation);
}

static void
clear_source (LinxSource *source)
{
  linx_place_clear (&source->place);
  g_free (source->path);
}

void
linx_pins_free (LinxPins *pins)
{
  close_from (pins, 0);
  linx_caller_unref (pins->sender.caller);
  linx_cgroup_clear (&pins->sender.cgroup);
  linx_cgroup_clear (&pins->ns[LINX_IN].cgroup);
  linx_cgroup_clear (&pins->ns[LINX_FROM].cgroup);
  clear_target (&pins->target);
  clear_source (&pins->source);
  g_free (pins->fs.type);
  g_clear_pointer (&pins->fs.layers, g_array_unref);
  if (pins->fs.layers_taken > 0)
    linx_layers_give_back (pins->memory.account, pins->fs.layers_taken);
  linx_cgroup_clear (&pins->fs_process.cgroup);
  linx_place_clear (&pins->put_old.place);
  g_free (pins->put_old.below);
  g_clear_pointer (&pins->peers.host_places, g_ptr_array_unref);
  g_clear_pointer (&pins->watched.snapshot, linx_table_snapshot_free);
  g_clear_pointer (&pins->listing.told, g_array_unref);
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
  return pins->target.path != NULL ? pins->target.path : pins->source.path;
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
  return recheck_place (&pins->target.place, pins->target.fd, error)
         && (pins->put_old.place.path == NULL
             || recheck_place (&pins->put_old.place, pins->put_old.fd, error));
}

gboolean
linx_pins_recheck_as_caller (const LinxPins *pins, GError **error)
{
  gboolean ok;

  if (pins->fresh)
    return TRUE;
  if (!linx_credentials_assume (&pins->sender.credentials, error))
    return FALSE;
  ok = linx_pins_recheck (pins, error);
  return linx_credentials_resume (ok ? error : NULL) && ok;
}

static gboolean
recheck_place_as_caller (const LinxPins *pins, const LinxPlace *place, int fd, GError **error)
{
  gboolean ok;

  if (!linx_credentials_assume (&pins->sender.credentials, error))
    return FALSE;
  ok = recheck_place (place, fd, error);
  return linx_credentials_resume (ok ? error : NULL) && ok;
}

gboolean
linx_pins_recheck_layer (const LinxPins *pins, const LinxLayer *layer, GError **error)
{
  return recheck_place_as_caller (pins, &layer->place, layer->fd, error);
}

gboolean
linx_pins_recheck_source (const LinxPins *pins, GError **error)
{
  return recheck_place_as_caller (pins, &pins->source.place, pins->source.fd, error);
}
