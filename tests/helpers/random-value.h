/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "random-call.h"

/*
 * Random values: what stands in a random call.
 */

/** any: a number below @n. */
guint any (RandomCalls *calls, guint n);

/** one_in: true once in @n times. */
gboolean one_in (RandomCalls *calls, guint n);

char *random_path (RandomCalls *calls);
char *random_source (RandomCalls *calls);
char *random_fstype (RandomCalls *calls);

/** random_handle: the place of a descriptor in the call, where it is put; seldom one beyond. */
gint32 random_handle (RandomCalls *calls);

/** random_variant: any value of any type. @depth: how deep it stands. */
GVariant *random_variant (RandomCalls *calls, guint depth);

/** random_add: @key with a value, seldom one of another type. @reads: it changes nothing. */
void random_add (RandomCalls *calls, GVariantBuilder *builder, const char *key, gboolean reads);
