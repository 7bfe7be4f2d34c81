/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/*
 * The words that details have for what a request and its pins tell by numbers.
 */

/** linx_word_where: (transfer full) (nullable): a namespace, as it was named; %NULL: it was not. */
char *linx_word_where (const LinxWhere *where);

/** linx_word_create: the value of `create`; "" where nothing is to be made. */
const char *linx_word_create (LinxCreate create);

/** linx_word_target: "fd" for a detached mount, "directory" or "file"; "" for one that is not held.
 */
const char *linx_word_target (const LinxPins *pins);

/** linx_word_namespace: "host", "self" or "other"; "" where it is not open. */
const char *linx_word_namespace (LinxNamespaceKind kind);

/** linx_word_userns: "initial" or "other": the user namespace that owns it. */
const char *linx_word_userns (const LinxNamespace *ns);

/** linx_word_source: what a source is. */
const char *linx_word_source (LinxSourceKind kind);
