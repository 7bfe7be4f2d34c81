/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"
#include "lookup/pins.h"
#include "request/request.h"

/**
 * LinxListFilters:
 * @request: what was asked for
 * @covering: the mount that a path is on; 0: not asked for
 * @at: (nullable): where it is mounted, as rows have it
 * @under: (nullable): where or below where it is mounted, as rows have it
 *
 * Which mounts a listing tells of. Paths of a request start at the root of the process that named
 * the namespace, as those of all other methods do; those of rows at the root of the namespace, but
 * for a caller who sees what its own root reaches.
 */
typedef struct {
  const LinxRequest *request;
  guint64 covering;
  char *at;
  char *under;
} LinxListFilters;

void linx_list_filters_clear (LinxListFilters *filters);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LinxListFilters, linx_list_filters_clear)

/**
 * linx_list_filters_init:
 * @filters: (out): the filters; they refer to @request
 * @request: a request of ListMounts
 * @pins: the root, and what covers
 * @error: Resolve.ESTALE: the root cannot be reached from that of the namespace
 */
gboolean linx_list_filters_init (LinxListFilters *filters, const LinxRequest *request,
                                 const LinxPins *pins, GError **error);

/**
 * linx_list_filters_match:
 * @row: a mount
 * @data: (type LinxListFilters): the filters
 *
 * All but `after`, which is the table's (LinxTableQuery).
 */
gboolean linx_list_filters_match (const LinxRow *row, gconstpointer data);
