/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/features.h"
#include "kernel/mountinfo.h"
#include "kernel/process.h"
#include "kernel/statmount.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "mount/utab.h"
#include "table/row-writer.h"
#include "table/table.h"
#include "verbs/list-filters.h"
#include "verbs/ops.h"
#include "watch/monitor.h"
#include "worker/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Half of what the bus carries (32 MiB), so that no reply makes it cut the service off. */
#define MAX_REPLY_BYTES (16 << 20)

/* A caller whose root is not its namespace's sees what its own mountinfo shows: what its root
 * reaches. Its number is known good where it is alive afterwards. */
static gboolean
find_caller_root (LinxPins *pins, GError **error)
{
  LinxFileId whole;
  gboolean same;
  int err;

  err = linx_file_id_read_root (&pins->listing.root, pins->sender.caller->pid);
  if (err == 0)
    err = linx_file_id_read (&whole, AT_FDCWD, "/");
  same = err == 0 && linx_file_id_equal (&pins->listing.root, &whole);
  if (err == 0 && !same) {
    pins->listing.mountinfo = linx_process_open (pins->sender.caller->pid, "mountinfo", O_RDONLY);
    err = pins->listing.mountinfo >= 0 ? 0 : errno;
  }
  if (!linx_process_alive (pins->sender.pidfd))
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, "caller",
                           "the caller's process has ended");
  if (err != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_LIST, err, "caller", NULL);
  pins->listing.is_confined = !same;
  return TRUE;
}

gboolean
linx_list_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  LinxAsRoot suspended;
  gboolean ok;

  if (request->target.path != NULL && !linx_pins_hold_target (request, pins, error))
    return FALSE;
  if (pins->sender.privileged || !pins->ns[LINX_IN].own)
    return TRUE;
  ok = linx_credentials_suspend (&suspended, error) && find_caller_root (pins, error);
  return linx_credentials_continue (&suspended, ok ? error : NULL) && ok;
}

/* A reply in the making. */
typedef struct {
  LinxRowWriter *writer;
  gboolean joins_utab;
  GHashTable *user_options; /* read with the first row */
  GError *error;            /* it is too large */
  gsize memory;
  GArray *listed; /* NULL: nobody watches */
} Reply;

/* What there is of it, and what the bus is sent of it. */
static gboolean
take_memory (Reply *reply)
{
  gsize before = reply->memory;

  reply->memory = linx_row_writer_memory (reply->writer) + linx_row_writer_bytes (reply->writer);
  if (reply->listed != NULL)
    reply->memory += reply->listed->len * sizeof (LinxSnapshotEntry);
  return linx_memory_take (reply->memory - before, &reply->error);
}

static gboolean
add (LinxRow *row, gpointer data)
{
  Reply *reply = data;

  if (reply->listed != NULL) {
    const LinxSnapshotEntry told = { row->id, linx_row_hash (row) };

    g_array_append_val (reply->listed, told);
  }
  if (reply->joins_utab && reply->user_options == NULL)
    reply->user_options = linx_utab_options ();
  if (reply->joins_utab)
    row->user_options = g_hash_table_lookup (reply->user_options, GUINT_TO_POINTER (row->mount_id));
  if (linx_row_writer_add (reply->writer, row) <= MAX_REPLY_BYTES)
    return take_memory (reply);
  g_set_error (&reply->error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "more than %d MiB of rows: ask for pages with 'limit' and 'after', or for less "
               "with 'fields'",
               MAX_REPLY_BYTES >> 20);
  return FALSE;
}

/* The mount that a look-up of `target` ends on. Mount points are in the kernel's cache, all of
 * them; with RESOLVE_CACHED (openat2(2)) nothing else is asked, so that no filesystem can keep it
 * waiting. Returns 0 where it ends elsewhere, or needs more. */
static guint64
find_target (const char *path, const LinxPins *pins)
{
  LinxFileId id;
  int fd = -1;
  gboolean is;

  if (linx_credentials_assume (&pins->sender.credentials, NULL))
    fd = sys_openat2 (AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_CACHED | RESOLVE_NO_SYMLINKS);
  if (!linx_credentials_resume (NULL) || fd < 0)
    return 0;
  is = linx_file_id_read (&id, fd, "") == 0 && id.mount_root;
  close (fd);
  return is ? id.mount : 0;
}

/* The ids of the mount @top and, with a @path, of those that it is stacked on there, by
 * statmount(2) alone. */
static GArray *
read_stack (const char *path, LinxStatmount *statmount, guint64 top)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint64 id = top;
  LinxRow row;

  while (linx_statmount_read (statmount, 0, id, &row) == 0
         && (path == NULL || g_str_equal (row.mount_point, path))) {
    g_array_append_val (ids, id);
    if (path == NULL || row.parent == id)
      break;
    id = row.parent;
  }
  g_array_sort (ids, linx_mount_id_compare);
  return ids;
}

/* Where one mount is asked for the table need not be read. Returns whether that was so. */
static gboolean
list_one (const LinxListFilters *filters, const LinxPins *pins, Reply *reply)
{
  const LinxRequest *request = filters->request;
  gboolean by_id = request->id.given || filters->covering != 0;
  guint64 top = request->id.given ? request->id.value : filters->covering;
  g_autoptr (LinxStatmount) statmount = linx_statmount_new ();
  g_autoptr (GArray) ids = NULL;
  guint n = 0;

  if (pins->listing.mountinfo >= 0 || !linx_feature_statmount () || (!by_id && filters->at == NULL))
    return FALSE;
  if (!by_id)
    top = find_target (filters->at, pins);
  if (top == 0 && !by_id)
    return FALSE;
  ids = read_stack (by_id ? NULL : filters->at, statmount, top);
  if (ids->len == 0 && !by_id)
    return FALSE;
  for (guint i = 0; i < ids->len && (request->list.limit == 0 || n < request->list.limit); i++) {
    guint64 id = g_array_index (ids, guint64, i);
    LinxRow row;

    if (id <= request->list.after || linx_statmount_read (statmount, 0, id, &row) != 0
        || !linx_list_filters_match (&row, filters))
      continue;
    n++;
    if (!add (&row, reply))
      break;
  }
  return TRUE;
}

GVariant *
linx_list_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autoptr (LinxRowWriter) writer
      = linx_row_writer_new ((const char *const *)request->list.fields);
  g_auto (LinxListFilters) filters = { 0 };
  const LinxTableQuery query = { .mountinfo = pins->listing.mountinfo,
                                 .top = pins->listing.is_confined ? pins->listing.root.mount : 0,
                                 .after = request->list.after,
                                 .limit = request->list.limit,
                                 .matches = linx_list_filters_match,
                                 .data = &filters };
  g_autoptr (GHashTable) user_options = NULL;
  Reply reply = { .writer = writer,
                  .joins_utab = pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST
                                && linx_row_writer_wants (writer, "user-options") };
  GVariant *rows;
  gboolean ok;

  (void)job;
  if (!linx_list_filters_init (&filters, request, pins, error))
    return NULL;
  /* Another root may show what no look sees. */
  if (linx_monitors_count () > 0 && !pins->listing.is_confined)
    reply.listed = pins->listing.told = g_array_new (FALSE, FALSE, sizeof (LinxSnapshotEntry));
  ok = list_one (&filters, pins, &reply) || linx_table_each (&query, add, &reply, error);
  user_options = reply.user_options;
  if (reply.error != NULL)
    g_propagate_error (ok ? error : NULL, reply.error);
  if (!ok || reply.error != NULL)
    return NULL;
  pins->listing.reply_bytes = linx_row_writer_bytes (writer);
  rows = linx_row_writer_end (writer);
  return g_variant_new_tuple (&rows, 1);
}

GVariant *
linx_list_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                  LinxPins *pins, GVariant *value, GError **error)
{
  (void)bus;
  (void)request;
  (void)caller;
  (void)error;
  if (pins->listing.told != NULL)
    linx_monitors_note_listed (pins->ns[LINX_IN].inode, pins->listing.told);
  return value;
}

GVariant *
linx_open_mountinfo_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                             GError **error)
{
  (void)job;
  (void)request;
  pins->reply = pins->listing.mountinfo;
  pins->listing.mountinfo = -1;
  if (pins->reply < 0)
    pins->reply = linx_mountinfo_open_own ();
  if (pins->reply < 0) {
    linx_error_set (error, LINX_MOUNT_STAGE_LIST, errno, "mountinfo", NULL);
    return NULL;
  }
  return g_variant_new ("(h)", 0);
}
