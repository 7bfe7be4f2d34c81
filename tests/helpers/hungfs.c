/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * hungfs MOUNT-POINT EXE OPERATION...
 *
 * A FUSE filesystem with one file, "file", and one directory, "dir", that never answers the named
 * operations (lookup, getattr, flush) where they come from a process whose executable is called
 * EXE, or of the service's threads from the one of that name. SIGUSR1 lets go, and SIGUSR2 holds
 * back again, with "later" not before. "private": it is the user 65534's alone, "roots": root's
 * alone, not for others. Prints "ready" when it is mounted, and "held OPERATION" for each request
 * that it holds back. Ends, and lets everybody go, when it is killed.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int device;
static const char *exe;
static char **held;
static char *waiting[256];
static int n_waiting;
static volatile sig_atomic_t let_go;

static void
on_signal (int number)
{
  let_go = number == SIGUSR1;
}

static const char *
operation_name (uint32_t opcode)
{
  switch (opcode) {
  case FUSE_LOOKUP:
    return "lookup";
  case FUSE_GETATTR:
    return "getattr";
  case FUSE_FLUSH:
    return "flush";
  case FUSE_READ:
    return "read";
  default:
    return "other";
  }
}

/* An exiting thread has no executable any more, but still its name, of which the pool's has a part.
 */
static int
has_its_name (uint32_t pid)
{
  char path[64], name[32] = "";
  FILE *stream;

  snprintf (path, sizeof path, "/proc/%u/comm", pid);
  stream = fopen (path, "re");
  if (stream == NULL)
    return 0;
  if (fgets (name, sizeof name, stream) == NULL)
    name[0] = '\0';
  fclose (stream);
  if (strcmp (exe, "linx-mountd") != 0)
    return strncmp (name, exe, strlen (exe)) == 0;
  return strncmp (name, "linx-worker", 11) == 0 || strncmp (name, "pool-linx", 9) == 0;
}

static int
comes_from_exe (uint32_t pid)
{
  char path[64], target[4096];
  const char *name;
  ssize_t n;

  if (has_its_name (pid))
    return 1;

  snprintf (path, sizeof path, "/proc/%u/exe", pid);
  n = readlink (path, target, sizeof target - 1);
  if (n < 0)
    return 0;
  target[n] = '\0';
  name = strrchr (target, '/');
  return name != NULL && strcmp (name + 1, exe) == 0;
}

static int
is_word (const char *word)
{
  for (char **name = held; *name != NULL; name++)
    if (strcmp (*name, word) == 0)
      return 1;
  return 0;
}

static int
is_held (const struct fuse_in_header *in)
{
  if (in->opcode == FUSE_READ)
    return is_word ("read"); /* a loop device reads on a thread of the kernel's */
  return is_word (operation_name (in->opcode)) && comes_from_exe (in->pid);
}

static void
reply (const struct fuse_in_header *in, int error, const void *body, size_t length)
{
  struct fuse_out_header out = { (uint32_t)(sizeof out + length), -error, in->unique };
  struct iovec parts[2] = { { &out, sizeof out }, { (void *)body, length } };

  if (writev (device, parts, 2) < 0 && errno != ENOENT)
    perror ("hungfs: writev");
}

static struct fuse_attr
attributes (uint64_t node)
{
  struct fuse_attr attr = { .ino = node, .nlink = 1, .blksize = 4096 };

  attr.size = node == 2 ? 4 << 20 : 0;
  attr.mode = node == 2 ? S_IFREG | 0666 : S_IFDIR | 0777;
  return attr;
}

static void
reply_init (const struct fuse_in_header *in)
{
  struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
                               .minor = FUSE_KERNEL_MINOR_VERSION,
                               .max_readahead = 4096,
                               .flags = FUSE_PARALLEL_DIROPS,
                               .max_background = 1024,
                               .congestion_threshold = 1024,
                               .max_write = 4096 };

  reply (in, 0, &out, sizeof out);
}

static void
reply_lookup (const struct fuse_in_header *in, const char *name)
{
  uint64_t node = strcmp (name, "file") == 0 ? 2 : strcmp (name, "dir") == 0 ? 3 : 0;
  struct fuse_entry_out out = { .nodeid = node, .attr = attributes (node) };

  if (is_word ("again") && comes_from_exe (in->pid))
    reply (in, EAGAIN, NULL, 0);
  else if (node == 0)
    reply (in, ENOENT, NULL, 0);
  else
    reply (in, 0, &out, sizeof out);
}

static void
serve (const struct fuse_in_header *in, const char *body)
{
  struct fuse_attr_out attr = { .attr = attributes (in->nodeid) };
  struct fuse_open_out open_out = { .fh = 1 };
  struct fuse_statfs_out statfs_out = { .st = { .bsize = 4096, .namelen = 255 } };

  switch (in->opcode) {
  case FUSE_INIT:
    reply_init (in);
    return;
  case FUSE_LOOKUP:
    reply_lookup (in, body);
    return;
  case FUSE_GETATTR:
    reply (in, 0, &attr, sizeof attr);
    return;
  case FUSE_OPEN:
  case FUSE_OPENDIR:
    reply (in, 0, &open_out, sizeof open_out);
    return;
  case FUSE_STATFS:
    reply (in, 0, &statfs_out, sizeof statfs_out);
    return;
  case FUSE_FLUSH:
  case FUSE_RELEASE:
  case FUSE_RELEASEDIR:
  case FUSE_READ:
  case FUSE_READDIR:
    reply (in, 0, NULL, 0);
    return;
  case FUSE_FORGET:
  case FUSE_BATCH_FORGET:
  case FUSE_INTERRUPT:
    return;
  default:
    reply (in, ENOSYS, NULL, 0);
  }
}

static void
hold (const struct fuse_in_header *in, size_t length)
{
  if (n_waiting < (int)(sizeof waiting / sizeof *waiting)) {
    waiting[n_waiting] = calloc (1, length + 1);
    memcpy (waiting[n_waiting++], in, length);
  }
  printf ("held %s\n", operation_name (in->opcode));
}

static void
answer_waiting (void)
{
  while (n_waiting > 0) {
    char *request = waiting[--n_waiting];

    serve ((const void *)request, request + sizeof (struct fuse_in_header));
    free (request);
  }
}

static void
mount_here (const char *where)
{
  char data[128];

  device = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf (data, sizeof data, "fd=%d,rootmode=40000,user_id=%d,group_id=0%s", device,
            is_word ("private") ? 65534 : 0,
            is_word ("private") || is_word ("roots") ? "" : ",allow_other");
  if (device < 0 || mount ("hungfs", where, "fuse.hungfs", 0, data) < 0) {
    perror ("hungfs: mount");
    exit (1);
  }
}

int
main (int argc, char **argv)
{
  static char buffer[1 << 17];

  if (argc < 3) {
    fprintf (stderr, "usage: hungfs MOUNT-POINT EXE OPERATION...\n");
    return 2;
  }
  exe = argv[2];
  held = argv + 3;
  mount_here (argv[1]);
  sigaction (SIGUSR1, &(struct sigaction){ .sa_handler = on_signal }, NULL);
  sigaction (SIGUSR2, &(struct sigaction){ .sa_handler = on_signal }, NULL);
  let_go = is_word ("later");
  setvbuf (stdout, NULL, _IOLBF, 0);
  printf ("ready\n");
  for (;;) {
    const struct fuse_in_header *in = (const void *)buffer;
    ssize_t n = read (device, buffer, sizeof buffer - 1);

    if (let_go)
      answer_waiting ();
    if (n < 0 && (errno == EINTR || errno == ENOENT))
      continue;
    if (n < (ssize_t)sizeof *in)
      return 0;
    buffer[n] = '\0';
    if (is_held (in) && !let_go)
      hold (in, (size_t)n);
    else
      serve (in, buffer + sizeof *in);
  }
}
