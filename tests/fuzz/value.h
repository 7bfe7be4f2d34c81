/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/message-fds.h"

/*
 * Values: GVariants made of a fuzzer's bytes, such as GDBus would hand over.
 */

/**
 * fuzz_value:
 * @type: (nullable): the type that is wanted; %NULL: any
 * @bytes: what stands after the first line: GVariant's text format, if that parses, else its
 *   serialized form
 * @size: how many
 *
 * Returns: (transfer full) (nullable): a value in normal form; %NULL: these bytes make none
 */
GVariant *fuzz_value (const GVariantType *type, const guint8 *bytes, gsize size);

/**
 * fuzz_first_line:
 * @bytes: (inout): a fuzzer's bytes; without the line afterwards
 * @size: (inout): how many
 *
 * Returns: (transfer full): the first line, without its end
 */
char *fuzz_first_line (const guint8 **bytes, gsize *size);

#define FUZZ_FDS 3

/** fuzz_fds: (transfer none): a message's descriptors, none of which is open. */
LinxMessageFds *fuzz_fds (void);

/** fuzz_fds_has: whether @fd is one of them, or -1. */
gboolean fuzz_fds_has (int fd);
