/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

/*
 * Layers of overlays hold a descriptor each, from when they are looked up until the call ends: how
 * many there may be of a user, and in all.
 */

/**
 * linx_layers_take:
 * @account: whose call it is
 * @n: how many more it is about to hold
 * @error: LimitsExceeded
 *
 * From any thread.
 */
gboolean linx_layers_take (LinxAccount account, guint n, GError **error);

/** linx_layers_give_back: holds so many less. From any thread. */
void linx_layers_give_back (LinxAccount account, guint n);
