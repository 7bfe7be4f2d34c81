/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/fd-places.h"

void
linx_fd_places_add (LinxFdPlaces *places, LinxFdOwner owner, int *fd)
{
  g_assert (places->n < LINX_MAX_FDS && places->n_until[owner] == places->n);
  places->at[places->n++] = fd;
  for (guint i = owner; i < G_N_ELEMENTS (places->n_until); i++)
    places->n_until[i] = places->n;
}

void
linx_fd_places_get (const LinxFdPlaces *places, int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    fds[i] = *places->at[i];
}

void
linx_fd_places_set (const LinxFdPlaces *places, const int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    *places->at[i] = fds[i];
}

void
linx_fd_places_clear (const LinxFdPlaces *places)
{
  for (guint i = 0; i < places->n; i++)
    *places->at[i] = -1;
}
