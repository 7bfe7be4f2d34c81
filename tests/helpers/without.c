/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* without NAME... -- COMMAND...: runs COMMAND with these parts of the kernel taken away, as on an
 * older one, or behind a filter (seccomp(2)). */
#include <errno.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANY 6

/* A system call, or those calls of it whose argument @argument has that value. */
typedef struct {
  const char *name;
  unsigned int number;
  unsigned int argument;
  unsigned int value;
  unsigned int err;
} Part;

static const Part parts[] = {
  { "statmount", 457, ANY, 0, ENOSYS },
  { "listmount", 458, ANY, 0, ENOSYS },
  /* With strings, by the size that the service starts with. */
  { "statmount-strings", 457, 2, 8192, EINVAL },
  { "fanotify-mount", SYS_fanotify_init, 0, 0x4003, EINVAL },
  { "open_tree", SYS_open_tree, ANY, 0, ENOSYS },
  { "move_mount", SYS_move_mount, ANY, 0, ENOSYS },
  { "fsopen", SYS_fsopen, ANY, 0, ENOSYS },
  { "fsconfig", SYS_fsconfig, ANY, 0, ENOSYS },
  { "fsmount", SYS_fsmount, ANY, 0, ENOSYS },
  { "fspick", SYS_fspick, ANY, 0, ENOSYS },
  { "openat2", SYS_openat2, ANY, 0, ENOSYS },
  { "mount_setattr", SYS_mount_setattr, ANY, 0, ENOSYS },
  /* Options whose value is a descriptor: pidns= and the layers of an overlay. */
  { "fsconfig-fd", SYS_fsconfig, 1, FSCONFIG_SET_FD, EINVAL },
  /* PIDFD_GET_INFO */
  { "pidfd-info", SYS_ioctl, 1, 0xc040ff0b, ENOTTY },
};

static const Part *
find (const char *name)
{
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (strcmp (parts[i].name, name) == 0)
      return &parts[i];
  return NULL;
}

static int
take_away (const Part *part)
{
  unsigned int argument = offsetof (struct seccomp_data, args) + 8 * part->argument;
  int has_argument = part->argument != ANY;
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, part->number, 0, 3),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS,
              has_argument ? argument : offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, has_argument ? part->value : part->number, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | part->err),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int
main (int argc, char **argv)
{
  int i = 1;

  for (; i < argc && strcmp (argv[i], "--") != 0; i++) {
    const Part *part = find (argv[i]);

    if (part == NULL || take_away (part) < 0) {
      fprintf (stderr, "without: %s: %s\n", argv[i], part == NULL ? "unknown" : strerror (errno));
      return 2;
    }
  }
  if (i + 1 >= argc)
    return 2;
  execvp (argv[i + 1], argv + i + 1);
  perror (argv[i + 1]);
  return 2;
}
