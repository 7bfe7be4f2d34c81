/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* busy [THREADS]: says "ready" and stays, with so many threads more. Linked statically, so that it
 * runs in an empty root. */

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *
stay (void *data)
{
  do
    pause ();
  while (data == NULL);
  return NULL;
}

int
main (int argc, char **argv)
{
  pthread_t thread;

  for (int i = argc > 1 ? atoi (argv[1]) : 0; i > 0; i--)
    if (pthread_create (&thread, NULL, stay, NULL) != 0)
      return 1;
  if (write (STDOUT_FILENO, "ready\n", 6) != 6)
    return 1;
  stay (NULL);
  return 0;
}
