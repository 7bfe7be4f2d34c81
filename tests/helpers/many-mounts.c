/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* many-mounts DIRECTORY COUNT: binds DIRECTORY/0 onto directories 1 to COUNT beside it. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  int count = argc == 3 ? atoi (argv[2]) : 0;

  if (count < 1 || chdir (argv[1]) < 0 || mkdir ("0", 0755) < 0) {
    fprintf (stderr, "usage: many-mounts DIRECTORY COUNT\n");
    return 2;
  }
  for (int i = 1; i <= count; i++) {
    char name[16];

    snprintf (name, sizeof name, "%d", i);
    if (mkdir (name, 0755) < 0 || mount ("0", name, NULL, MS_BIND, NULL) < 0) {
      perror (name);
      return 1;
    }
  }
  return 0;
}
