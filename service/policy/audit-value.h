/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** LINX_AUDIT_MAX_BYTES: as much of a value is shown. */
#define LINX_AUDIT_MAX_BYTES 1024

/**
 * linx_audit_value:
 * @value: a value of any length, with no control characters but maybe quotes in it
 *
 * Writes a value for a line of the journal: quotes as \x22, and of what is longer than
 * LINX_AUDIT_MAX_BYTES the beginning and then, after a quote that no value has in it, the length
 * and the SHA-256 of all of it.
 *
 * Returns: (transfer full): the text
 */
char *linx_audit_value (const char *value);
