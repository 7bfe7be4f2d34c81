/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "ops.h"
#include "process.h"
#include "table.h"
#include "utab.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Half of what the bus carries (32 MiB), so that no reply makes it cut the service off. */
#define MOST_REPLY_BYTES (16 << 20)

/* What a caller's own namespace shows is what its own mountinfo shows: only what is below its root.
 * The file is opened before the namespace is entered, while the caller's number is known good. */
gboolean
linx_list_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  (void)request;
  if (pins->privileged || !pins->ns[LINX_IN].own)
    return TRUE;
  pins->fd[LINX_PIN_MOUNTINFO] = linx_process_open (pins->caller->pid, "mountinfo", O_RDONLY);
  if (pins->fd[LINX_PIN_MOUNTINFO] < 0 || !linx_process_alive (pins->fd[LINX_LENT_CALLER]))
    return linx_error_set (error, LINX_STAGE_OPEN_NS, ESRCH, "caller",
                           "the caller's process has ended");
  return TRUE;
}

static gboolean
is_below (const char *path, const char *top)
{
  gsize length = strlen (top);

  if (g_str_equal (top, "/"))
    return TRUE;
  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static gboolean
matches (const LinxRequest *request, const LinxRow *row)
{
  if (row->id <= request->after && request->after != 0)
    return FALSE;
  if (request->id.given && row->id != request->id.value)
    return FALSE;
  if (request->fstypes != NULL
      && !g_strv_contains ((const char *const *)request->fstypes, row->fstype))
    return FALSE;
  if (request->source.path != NULL && !g_str_equal (row->source, request->source.path))
    return FALSE;
  if (request->at != NULL && !g_str_equal (row->mount_point, request->at))
    return FALSE;
  return request->under == NULL || is_below (row->mount_point, request->under);
}

GVariant *
linx_list_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autoptr (LinxTable) table = linx_table_read (pins->fd[LINX_PIN_MOUNTINFO], error);
  g_auto (GVariantBuilder) rows = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(a{sv})"));
  gsize bytes = 0;
  guint n = 0;

  (void)visit;
  if (table == NULL)
    return NULL;
  if (pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST)
    linx_utab_join (table);
  for (guint i = 0; i < table->rows->len && (request->limit == 0 || n < request->limit); i++) {
    const LinxRow *row = g_ptr_array_index (table->rows, i);
    g_autoptr (GVariant) value = NULL;

    if (!matches (request, row))
      continue;
    value = g_variant_ref_sink (linx_row_to_variant (row, (const char *const *)request->fields));
    bytes += g_variant_get_size (value);
    if (bytes > MOST_REPLY_BYTES) {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                   "more than %d MiB of rows: ask for pages with 'limit' and 'after', or for less "
                   "with 'fields'",
                   MOST_REPLY_BYTES >> 20);
      return NULL;
    }
    g_variant_builder_add_value (&rows, value);
    n++;
  }
  return g_variant_new ("(a(a{sv}))", &rows);
}
