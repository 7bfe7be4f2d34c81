/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ctl.h"

/*
 * Rows of the mount table: an array of dictionaries, "aa{sv}".
 */

/**
 * ctl_rows_read:
 * @client: a client
 * @options: what to list
 * @error: where the error goes
 *
 * Reads all rows, page by page where they are many.
 *
 * Returns: (transfer full): the rows, or %NULL with @error set
 */
GVariant *ctl_rows_read (LinxMountClient *client, LinxMountOptions *options, GError **error);

/** ctl_rows_of: (transfer full): what the bus carries, "a(a{sv})", as rows. */
GVariant *ctl_rows_of (GVariant *structures);

/** ctl_rows_select: (transfer full): of each row these keys, and the bytes of what is not UTF-8. */
GVariant *ctl_rows_select (GVariant *rows, const char *const *keys);

/** ctl_row_number: a number of a row; 0 where it has none. */
guint64 ctl_row_number (GVariant *row, const char *key);

/** ctl_row_string: (transfer none): a string of a row; "" where it has none. */
const char *ctl_row_string (GVariant *row, const char *key);
