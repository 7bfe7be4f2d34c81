/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* busy: says "ready" and stays. Linked statically, so that it runs in an empty root. */

#include <unistd.h>

int
main (void)
{
  if (write (STDOUT_FILENO, "ready\n", 6) != 6)
    return 1;
  for (;;)
    pause ();
}
