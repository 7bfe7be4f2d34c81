/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs/list-filters.h"
#include "linx-path.h"

#include <fcntl.h>
#include <string.h>

void
linx_list_filters_clear (LinxListFilters *filters)
{
  g_free (filters->at);
  g_free (filters->under);
}

static char *
path_in (const LinxPlace *root, const char *path)
{
  g_autofree char *joined = NULL;

  if (path == NULL || root->path == NULL)
    return g_strdup (path);
  joined = g_build_filename (root->path, path, NULL);
  return g_canonicalize_filename (joined, "/");
}

gboolean
linx_list_filters_init (LinxListFilters *filters, const LinxRequest *request, const LinxPins *pins,
                        GError **error)
{
  gboolean has_paths = request->list.at != NULL || request->list.under != NULL;
  int fd = pins->ns[LINX_IN].root;
  g_auto (LinxPlace) root = { 0 };
  LinxFileId whole, start;

  if (has_paths && pins->listing.mountinfo < 0 && linx_file_id_read (&start, fd, "") == 0
      && linx_file_id_read (&whole, AT_FDCWD, "/") == 0 && !linx_file_id_equal (&start, &whole)
      && !linx_place_read (&root, fd, "the root", error))
    return FALSE;
  *filters = (LinxListFilters){ .request = request,
                                .covering = request->target.path != NULL ? pins->target.mount : 0,
                                .at = path_in (&root, request->list.at),
                                .under = path_in (&root, request->list.under) };
  return TRUE;
}

gboolean
linx_list_filters_match (const LinxRow *row, gconstpointer data)
{
  const LinxListFilters *filters = data;
  const LinxRequest *request = filters->request;

  if (request->id.given && row->id != request->id.value)
    return FALSE;
  if (filters->covering != 0 && row->id != filters->covering)
    return FALSE;
  if (request->list.fstypes != NULL
      && !g_strv_contains ((const char *const *)request->list.fstypes, row->fstype))
    return FALSE;
  if (request->source.path != NULL && !g_str_equal (row->source, request->source.path))
    return FALSE;
  if (filters->at != NULL && !g_str_equal (row->mount_point, filters->at))
    return FALSE;
  return filters->under == NULL || linx_path_rest (row->mount_point, filters->under) != NULL;
}
