/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* make-interface NAME: a tap device that stays, in the network namespace it is run in. */

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int
main (int argc, char **argv)
{
  struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
  int tun = open ("/dev/net/tun", O_RDWR | O_CLOEXEC);

  if (argc != 2)
    return 2;
  strncpy (request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (tun < 0 || ioctl (tun, TUNSETIFF, &request) < 0 || ioctl (tun, TUNSETPERSIST, 1) < 0) {
    perror ("make-interface");
    return 1;
  }
  return 0;
}
