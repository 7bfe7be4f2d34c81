/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "kernel/row.h"

/*
 * Row writers: rows as the dictionaries that the interface carries.
 *
 * Most of what a row says the row before it has said too. Each key and value is one GVariant for as
 * long as it stays the same: that is cheaper to make than a GVariantBuilder's copy, and the bus
 * writes a tree of them faster than serialized data (bench/).
 */

/** LinxRowWriter: an array of rows in the making. */
typedef struct _LinxRowWriter LinxRowWriter;

/**
 * linx_row_is_key:
 * @name: a name
 *
 * Returns: whether a row's dictionary has such a key
 */
gboolean linx_row_is_key (const char *name);

/**
 * linx_row_writer_new:
 * @fields: (nullable): the keys that are wanted; %NULL: all
 *
 * Returns: (transfer full): a writer of no rows yet
 */
LinxRowWriter *linx_row_writer_new (const char *const *fields);

void linx_row_writer_free (LinxRowWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxRowWriter, linx_row_writer_free)

/** linx_row_writer_wants: whether @key is among the fields. */
gboolean linx_row_writer_wants (const LinxRowWriter *writer, const char *key);

/**
 * linx_row_writer_add:
 * @writer: a writer
 * @row: the next row
 *
 * Returns: how many bytes the rows take on the bus, at most
 */
gsize linx_row_writer_add (LinxRowWriter *writer, const LinxRow *row);

/** linx_row_writer_bytes: how many bytes the rows take on the bus, at most. */
gsize linx_row_writer_bytes (const LinxRowWriter *writer);

/** linx_row_writer_memory: about how many bytes they take in memory. */
gsize linx_row_writer_memory (const LinxRowWriter *writer);

/** linx_row_writer_count: how many rows there are. */
guint linx_row_writer_count (const LinxRowWriter *writer);

/**
 * linx_row_writer_end:
 * @writer: a writer; it has no rows again afterwards
 *
 * Returns: (transfer floating): the rows, "a(a{sv})"
 */
GVariant *linx_row_writer_end (LinxRowWriter *writer);
