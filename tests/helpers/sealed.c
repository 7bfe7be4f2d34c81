/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * sealed IMAGE: parks itself in a mount namespace in which nothing is of the machine's: a tmpfs
 * that is the root, with a copy of IMAGE in it. Whatever is done to that namespace, it changes no
 * filesystem that anybody else uses. Says "ready", and ends when it is killed.
 */

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const directories[] = {
  "a", "a/b", "a/b/c", "dst", "new", "new/old", "upper", "work", "mnt",
};

static void
check (int result, const char *what)
{
  if (result >= 0)
    return;
  perror (what);
  exit (1);
}

static void
copy_image (const char *path)
{
  int in = open (path, O_RDONLY | O_CLOEXEC);
  int out = open ("image", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  struct stat st;

  check (in, path);
  check (out, "image");
  check (fstat (in, &st), path);
  check (sendfile (out, in, NULL, (size_t)st.st_size) == st.st_size ? 0 : -1, "sendfile");
  close (in);
  close (out);
}

static void
fill (const char *image)
{
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
    check (mkdir (directories[i], 0755), directories[i]);
  check (chmod ("dst", 01777), "dst");
  check (close (open ("a/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644)), "a/file");
  check (symlink ("/dst", "a/link"), "a/link");
  check (mkdir ("a/\xff\n", 0755), "a/...");
  copy_image (image);
}

int
main (int argc, char **argv)
{
  check (argc == 2 ? 0 : -1, "usage: sealed IMAGE");
  check (unshare (CLONE_NEWNS), "unshare");
  check (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
  check (mount ("sealed", "/mnt", "tmpfs", 0, "mode=755,size=64M"), "tmpfs");
  check (chdir ("/mnt"), "/mnt");
  fill (argv[1]);
  check ((int)syscall (SYS_pivot_root, ".", "."), "pivot_root");
  check (umount2 (".", MNT_DETACH), "umount");
  check (chdir ("/"), "/");
  puts ("ready");
  fflush (stdout);
  pause ();
  return 0;
}
