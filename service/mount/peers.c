/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/peers.h"
#include "kernel/mountinfo.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "mount/peer-place.h"
#include "mount/subtree.h"
#include "quota/memory.h"
#include "table/mount-id.h"
#include "table/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Some tenths of a second: a caller that may do nothing gets as far as that. A step is a look at
 * one group; a place that is worked out is worth a hundred, and a directory that is looked up a
 * thousand. */
#define MAX_STEPS 20000000
#define STEPS_OF_PLACE 100
#define STEPS_OF_DIRECTORY 1000

/* What is known while the answer is looked for. */
typedef struct {
  LinxTable *table; /* of the namespace to act in */
  GPtrArray *host;  /* (element-type LinxRow): those of the host that share or receive */
  gsize host_bytes;
  GError *error;       /* they are too many */
  GHashTable *masters; /* peer group -> the group that it receives from, or 0 */
  GHashTable *places;  /* set of paths of the host */
  gboolean shared;     /* whether any mount that decides is */
  guint steps;         /* looks at one group */
} Search;

static void
search_clear (Search *search)
{
  linx_memory_give_back (search->host_bytes);
  g_clear_error (&search->error);
  g_clear_pointer (&search->table, linx_table_free);
  g_clear_pointer (&search->host, g_ptr_array_unref);
  g_clear_pointer (&search->masters, g_hash_table_unref);
  g_clear_pointer (&search->places, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

static gpointer
key_of (guint64 group)
{
  return GSIZE_TO_POINTER ((gsize)group);
}

/* All mounts of a peer group receive from the same one. */
static void
note_master (Search *search, const LinxRow *row)
{
  if (row->shared != 0)
    g_hash_table_insert (search->masters, key_of (row->shared), key_of (row->master));
}

static gboolean
keep (LinxRow *row, gpointer data)
{
  Search *search = data;

  if (row->shared == 0 && row->master == 0)
    return TRUE;
  if (!linx_memory_take (linx_row_bytes (row), &search->error))
    return FALSE;
  search->host_bytes += linx_row_bytes (row);
  g_ptr_array_add (search->host, linx_row_copy (row));
  return TRUE;
}

static gboolean
read_host (Search *search, GError **error)
{
  int fd = linx_process_open (1, "mountinfo", O_RDONLY);
  FILE *stream = fd >= 0 ? fdopen (fd, "re") : NULL;

  if (stream == NULL)
    return linx_error_set (error, LINX_MOUNT_STAGE_LIST, errno, "mounts of the host", NULL);
  search->host = g_ptr_array_new_with_free_func (g_free);
  linx_mountinfo_each (stream, keep, search);
  fclose (stream);
  if (search->error != NULL) {
    g_propagate_error (error, g_steal_pointer (&search->error));
    return FALSE;
  }
  search->masters = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < search->table->rows->len; i++)
    note_master (search, g_ptr_array_index (search->table->rows, i));
  for (guint i = 0; i < search->host->len; i++)
    note_master (search, g_ptr_array_index (search->host, i));
  return TRUE;
}

/* Whether @group receives from @above. A group that neither namespace shows may receive from any;
 * so may those of a ring, which a table shows that was read while it changed. */
static gboolean
receives (Search *search, guint64 group, guint64 above, gboolean if_unknown)
{
  gpointer master = key_of (group);

  for (guint left = g_hash_table_size (search->masters) + 1; master != NULL; left--) {
    search->steps++;
    if (left == 0)
      return if_unknown;
    if (master == key_of (above))
      return TRUE;
    if (!g_hash_table_lookup_extended (search->masters, master, NULL, &master))
      return if_unknown;
  }
  return FALSE;
}

/* Peers and those that receive from them show the same filesystem. Nothing receives from what it
 * sends to: that leaves out hosts that are containers themselves. */
static gboolean
is_reached (Search *search, const LinxRow *host, const LinxRow *decides)
{
  if (host->device != decides->device)
    return FALSE;
  if (host->shared == decides->shared)
    return TRUE;
  if (host->shared != 0 && receives (search, decides->master, host->shared, FALSE))
    return FALSE;
  return receives (search, host->master, decides->shared, TRUE);
}

static char *
place_on (Search *search, const LinxRow *host, const LinxRow *decides, const char *path)
{
  guint directories = 0;
  char *place = linx_peer_place (host, decides, path, &directories);

  search->steps += STEPS_OF_PLACE + directories * STEPS_OF_DIRECTORY;
  return place;
}

/* What is mounted on @decides at @path, or unmounted there. */
static gboolean
add_place (Search *search, guint64 decides_id, const char *path, GError **error)
{
  const LinxRow *decides = linx_table_find (search->table, decides_id);

  if (decides == NULL || decides->shared == 0)
    return TRUE;
  search->shared = TRUE;
  if (search->host == NULL && !read_host (search, error))
    return FALSE;
  for (guint i = 0; i < search->host->len; i++) {
    const LinxRow *host = g_ptr_array_index (search->host, i);
    char *place
        = is_reached (search, host, decides) ? place_on (search, host, decides, path) : NULL;

    if (place != NULL)
      g_hash_table_add (search->places, place);
    if (++search->steps > MAX_STEPS) {
      g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                           "it has too many mounts to tell what it would do in the host");
      return FALSE;
    }
    if (g_hash_table_size (search->places) > LINX_MAX_HOST_PLACES) {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                   "by propagation it would appear at more than %d places of the host",
                   LINX_MAX_HOST_PLACES);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
add_row (Search *search, const LinxRow *row, GError **error)
{
  return add_place (search, row->parent, row->mount_point, error);
}

/* Each mount that goes away with @top. */
static gboolean
add_subtree (Search *search, guint64 top, GError **error)
{
  g_autoptr (GPtrArray) rows = linx_subtree_rows (search->table, top);
  const LinxRow *row = linx_table_find (search->table, top);

  if (row != NULL && !add_row (search, row, error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!add_row (search, g_ptr_array_index (rows, i), error))
      return FALSE;
  return TRUE;
}

/* Each mount that goes away with the old root: all but the new root and what is below that; where
 * the new root is bound first, only the clones stay. */
static gboolean
add_old_root (Search *search, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_autoptr (GPtrArray) stays = request->pivot.bind_new_root
                                    ? g_ptr_array_new ()
                                    : linx_subtree_rows (search->table, pins->target.mount);
  g_autoptr (GHashTable) staying = g_hash_table_new (NULL, NULL);

  if (!request->pivot.bind_new_root)
    g_ptr_array_add (stays, (gpointer)linx_table_find (search->table, pins->target.mount));
  for (guint i = 0; i < stays->len; i++)
    g_hash_table_add (staying, g_ptr_array_index (stays, i));
  for (guint i = 0; i < search->table->rows->len; i++) {
    LinxRow *row = g_ptr_array_index (search->table->rows, i);

    if (!g_hash_table_contains (staying, row) && row->parent != row->id
        && !add_row (search, row, error))
      return FALSE;
  }
  return TRUE;
}

guint64
linx_peers_mounted_on (const LinxRequest *request, const LinxPins *pins)
{
  gboolean is_parent = request->method->bit == LINX_VERB_UMOUNT || request->beneath;

  return is_parent ? linx_mount_id_parent (pins->target.mount) : pins->target.place.id.mount;
}

static gboolean
add_all (Search *search, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  guint verb = request->method->bit;

  if (verb == LINX_VERB_PIVOT_ROOT)
    return !request->pivot.detach_old || request->pivot.make_rprivate
           || add_old_root (search, request, pins, error);
  if (verb == LINX_VERB_UMOUNT && (request->recursive || request->umount.detach))
    return add_subtree (search, pins->target.mount, error);
  if (verb == LINX_VERB_UMOUNT)
    return add_place (search, linx_peers_mounted_on (request, pins), pins->target.path, error);
  if (verb == LINX_VERB_MOVE
      && !add_place (search, linx_mount_id_parent (pins->source.place.id.mount), pins->source.path,
                     error))
    return FALSE;
  return add_place (search, linx_peers_mounted_on (request, pins), pins->target.path, error);
}

/* The usual case, for which no table is read. */
static gboolean
decides_alone (const LinxRequest *request)
{
  guint verb = request->method->bit;

  return (verb & LINX_VERBS_PLACING) != 0
         || (verb == LINX_VERB_UMOUNT && !request->recursive && !request->umount.detach);
}

static gboolean
is_private (const LinxRequest *request, const LinxPins *pins)
{
  guint64 mount = linx_peers_mounted_on (request, pins);
  g_autofree char *propagation = linx_mount_id_propagation (mount);

  return !g_str_has_prefix (propagation, "shared");
}

static gboolean
search_for (Search *search, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  if (pins->sender.privileged || pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST
      || (request->method->bit & LINX_VERBS_PROPAGATING) == 0
      || (decides_alone (request) && is_private (request, pins)))
    return TRUE;
  search->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  search->table = linx_table_read (error);
  return search->table != NULL && add_all (search, request, pins, error);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
sorted_places (Search *search)
{
  GPtrArray *sorted = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer place;

  if (search->places == NULL)
    return sorted;
  g_hash_table_iter_init (&iter, search->places);
  while (g_hash_table_iter_next (&iter, &place, NULL)) {
    g_hash_table_iter_steal (&iter);
    g_ptr_array_add (sorted, place);
  }
  g_ptr_array_sort (sorted, compare_paths);
  return sorted;
}

static const char *
word_for (const Search *search, const GPtrArray *places)
{
  return places->len > 0 ? "host" : search->shared ? "other" : "";
}

/* As in the host itself. */
static gboolean
check_no_root (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  for (guint i = 0; request->method->bit == LINX_VERB_UMOUNT && i < pins->peers.host_places->len;
       i++)
    if (g_str_equal (g_ptr_array_index (pins->peers.host_places, i), "/"))
      return linx_error_set (error, LINX_MOUNT_STAGE_UMOUNT, EBUSY, pins->target.path,
                             "by propagation a mount at the host's root would be unmounted");
  return TRUE;
}

gboolean
linx_peers_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_auto (Search) search = { 0 };

  gboolean ok = search_for (&search, request, pins, error);

  pins->peers.host_was_read = search.host != NULL;
  if (!ok)
    return FALSE;
  pins->peers.host_places = sorted_places (&search);
  pins->peers.word = word_for (&search, pins->peers.host_places);
  return check_no_root (request, pins, error);
}

gboolean
linx_peers_recheck (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_auto (Search) search = { 0 };
  g_autoptr (GPtrArray) places = NULL;
  gboolean same;

  if (pins->fresh || pins->sender.privileged)
    return TRUE;
  if (!search_for (&search, request, pins, error))
    return FALSE;
  places = sorted_places (&search);
  same = g_str_equal (word_for (&search, places), pins->peers.word)
         && places->len == pins->peers.host_places->len;
  for (guint i = 0; same && i < places->len; i++)
    same = g_str_equal (g_ptr_array_index (places, i),
                        g_ptr_array_index (pins->peers.host_places, i));
  return same ? TRUE
              : linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, linx_pins_path (pins),
                                "by propagation it would appear elsewhere than what was approved");
}
