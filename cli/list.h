/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * CtlListStyle:
 * @columns: columns
 * @tree: as a tree, whose branches stand in the first column, before the mount points
 * @utf8: branches may be drawn in UTF-8
 * @legend: with titles
 * @colour: with bold titles
 *
 * What a list looks like.
 */
typedef struct {
  const char *const *columns;
  gboolean tree;
  gboolean utf8;
  gboolean legend;
  gboolean colour;
} CtlListStyle;

/** ctl_list_format: (transfer full): @rows as text. */
char *ctl_list_format (GVariant *rows, const CtlListStyle *style);
