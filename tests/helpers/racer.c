/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * racer A B [A B]...: exchanges each pair of names, and exchanges it back, over and over, without a
 * pause, until SIGTERM. Says "ready" when it has begun, and in the end how many exchanges it made.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t ended;

static void
on_signal (int number)
{
  (void)number;
  ended = 1;
}

/* Whether it could: what is mounted on keeps its name until it is unmounted (EBUSY). */
static int
exchange (char **pair)
{
  if (renameat2 (AT_FDCWD, pair[0], AT_FDCWD, pair[1], RENAME_EXCHANGE) == 0)
    return 1;
  if (errno != EBUSY) {
    perror (pair[0]);
    exit (1);
  }
  return 0;
}

/* There, and back as soon as that can be. Returns how many exchanges it made. */
static unsigned
excursion (char **pair)
{
  if (!exchange (pair))
    return 0;
  while (!exchange (pair))
    if (ended)
      return 1;
  return 2;
}

int
main (int argc, char **argv)
{
  unsigned long exchanges = 0;

  if (argc < 3 || argc % 2 == 0) {
    fprintf (stderr, "usage: racer A B [A B]...\n");
    return 2;
  }
  sigaction (SIGTERM, &(struct sigaction){ .sa_handler = on_signal }, NULL);
  setvbuf (stdout, NULL, _IOLBF, 0);
  exchanges += excursion (argv + 1);
  printf ("ready\n");
  while (!ended)
    for (int i = 1; i < argc; i += 2)
      exchanges += excursion (argv + i);
  printf ("%lu\n", exchanges);
  return 0;
}
