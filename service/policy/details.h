/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * LinxDetails:
 *
 * A request and what it was pinned to, in words: the one description that polkit's rules, the
 * prompt and the journal get. All keys are always there, "" for what was not given, in a fixed
 * order; values are canonical, with control bytes escaped and secrets left out.
 */
typedef struct _LinxDetails LinxDetails;

/** linx_details_new: (transfer full): a description that says nothing yet. */
LinxDetails *linx_details_new (void);

/*
 * To be put in, in order; keys are static strings. A value is escaped (linx_text_escape()).
 */

/** linx_details_put: @value: (nullable): %NULL is "", as for all that follow. */
void linx_details_put (LinxDetails *details, const char *key, const char *value);
/** linx_details_put_boolean: "true", or "". */
void linx_details_put_boolean (LinxDetails *details, const char *key, gboolean value);
/** linx_details_put_number: @value, if it is @given. */
void linx_details_put_number (LinxDetails *details, const char *key, gboolean given, guint64 value);
/** linx_details_put_list: with commas between them; one in them is escaped. */
void linx_details_put_list (LinxDetails *details, const char *key, GStrv list);
/** linx_details_put_printed: @value is escaped already. */
void linx_details_put_printed (LinxDetails *details, const char *key, const char *value);

/** linx_details_begin: (transfer none): what is appended to it, until linx_details_end(), is the
 * value of @key, escaped already. */
GString *linx_details_begin (LinxDetails *details, const char *key);
void linx_details_end (LinxDetails *details);

/**
 * linx_details_ref:
 *
 * It never changes, and any thread may hold it.
 */
LinxDetails *linx_details_ref (LinxDetails *details);
void linx_details_unref (LinxDetails *details);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxDetails, linx_details_unref)

/**
 * LinxDetailFunc:
 * @key: a key
 * @value: its value
 * @user_data: data
 */
typedef void (*LinxDetailFunc) (const char *key, const char *value, gpointer user_data);

/** linx_details_get: (transfer none): the value of a key. */
const char *linx_details_get (const LinxDetails *details, const char *key);

/**
 * linx_details_foreach:
 * @details: what is to be done
 * @place: (nullable): a path of the host: the same thing done there, where it appears by
 * propagation
 * @func: called for each key, in order
 * @user_data: for @func
 */
void linx_details_foreach (const LinxDetails *details, const char *place, LinxDetailFunc func,
                           gpointer user_data);
