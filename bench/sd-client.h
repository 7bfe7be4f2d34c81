/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ways.h"

/* A client by sd-bus, as busctl is one: it reads its replies in the thread that called, where GDBus
 * has another thread read them. */

/** bench_sd_get: an empty call, which the service answers */
void bench_sd_get (void);

/** bench_sd_mount_and_unmount: does at @target what @order says, once */
void bench_sd_mount_and_unmount (const Order *order, const char *target);
