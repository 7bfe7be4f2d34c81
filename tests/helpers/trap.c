/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* As a program or as a library: whoever runs or loads it leaves the file /trapped in the root that
 * it is in. */

#include <fcntl.h>
#include <unistd.h>

__attribute__ ((constructor)) static void
fall_in (void)
{
  int fd = open ("/trapped", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  if (fd >= 0)
    close (fd);
}

#ifndef TRAP_LIBRARY
int
main (void)
{
  return 0;
}
#endif
