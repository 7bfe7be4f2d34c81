/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tools.h"

/* Ways to mount something in another mount namespace and to unmount it again. */

typedef enum {
  WAY_GET,   /* an empty call, which the service answers */
  WAY_FLOOR, /* what nobody could leave out, on a thread */
  WAY_VISIT, /* all that the service's worker does, on such a worker in this process */
  WAY_ROOT,
  WAY_SD_GET, /* as WAY_GET and WAY_ROOT, with another client */
  WAY_SD_ROOT,
  WAY_ALICE,
  WAY_NSENTER,
  WAY_SUDO,
  N_WAYS,
} Way;

typedef struct {
  Way way;
  gboolean bind; /* a bind mount of /mnt/source; else a tmpfs */
  pid_t pid;     /* in whose namespace */
} Order;

/** bench_take_connection: gives this process its connection */
void bench_take_connection (void);

/** bench_take_way: does at @target, a path below /mnt, what @order says, once */
void bench_take_way (const Order *order, const char *target);
