/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker/fd-passing.h"

/*
 * Where the descriptors of a job's data stand. A number there is one of the table of whoever has
 * the data: the service's, or the worker's.
 */

/** LinxFdOwner: in the order in which they are added. */
typedef enum {
  LINX_FD_OWN,       /* the data's: what stands there when the job is done comes back */
  LINX_FD_LENT,      /* the service's, which keeps it: the place is empty afterwards */
  LINX_FD_UNTRUSTED, /* the same, of what came with a message: looking at it may wait */
} LinxFdOwner;

/**
 * LinxFdPlaces:
 * @at: the places
 * @n: how many
 * @n_until: how many of these, from the first on, are of an owner or of those before it
 */
typedef struct {
  int *at[LINX_MAX_FDS];
  guint n;
  guint n_until[LINX_FD_UNTRUSTED + 1];
} LinxFdPlaces;

/**
 * LinxFdPlacesFunc:
 * @data: a job's data
 * @places: gets its places, each time the same in the same order; a job may add own ones, last
 * among its own
 */
typedef void (*LinxFdPlacesFunc) (gpointer data, LinxFdPlaces *places);

/** linx_fd_places_add: one more. Whose: not less than that of the last one. */
void linx_fd_places_add (LinxFdPlaces *places, LinxFdOwner owner, int *fd);

/** linx_fd_places_get: (out) (array): @fds: what stands at the first @n places. */
void linx_fd_places_get (const LinxFdPlaces *places, int *fds, guint n);

/** linx_fd_places_set: what is to stand there. */
void linx_fd_places_set (const LinxFdPlaces *places, const int *fds, guint n);

/** linx_fd_places_clear: nothing is to stand at any place. */
void linx_fd_places_clear (const LinxFdPlaces *places);
