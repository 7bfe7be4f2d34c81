/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Random calls: of every method, with arguments that are right, nearly right, or nothing like it.
 */

/**
 * RandomCalls:
 * @rand: where all chance comes from
 * @tame: whether the calls may be granted: then none names the host's namespace, but to read it
 * @child: a process in the namespace that is given up to them
 * @fds: descriptors of every kind; the first two are a descriptor on that namespace and on @child
 * @n_fds: how many
 */
typedef struct {
  GRand *rand;
  gboolean tame;
  guint child;
  int fds[64];
  guint n_fds;
  GUnixFDList *sent; /* of the call in the making */
  gboolean plain;    /* it is to be one that may well succeed */
} RandomCalls;

/** random_call: (transfer full): the next one. */
GDBusMessage *random_call (RandomCalls *calls);
