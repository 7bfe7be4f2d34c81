/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ctl_json_format:
 * @value: a value
 * @pretty: over several lines
 *
 * Returns: (transfer full): its JSON and the end of a line, in which nothing acts on a terminal:
 *   what would is \uXXXX
 */
char *ctl_json_format (GVariant *value, gboolean pretty);
