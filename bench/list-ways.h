/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tools.h"

/* Ways to read the mount table of another namespace. */

/* Rows in a page, where the table does not fit into one reply. */
#define LIST_PAGE 5000
#define LIST_MAX_WHOLE 20000

typedef struct {
  const char *name;
  void (*take) (void);
  guint most;     /* mounts with which it is measured */
  const char *by; /* what it is compared with */
} ListWay;

/** bench_list_in: says in which process's namespace, with how many mounts, and on which connection
 */
void bench_list_in (GDBusConnection *connection, pid_t process, guint mounts);

/** bench_list_ways: (array length=n): all of them, each after what it is compared with */
const ListWay *bench_list_ways (guint *n);

/** bench_list_whole: the whole table through the service */
void bench_list_whole (void);

/** bench_list_target: one row through the service */
void bench_list_target (void);
