/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* proc-in-child PID-NAMESPACE DIRECTORY: mounts a proc made by
 * linx_namespaced_fs_open_proc_in_child() on DIRECTORY, in a mount namespace of its own, and prints
 * what it shows. */

#include "kernel/process.h"
#include "source/namespaced-fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

static gboolean
show (int context, const char *where)
{
  struct dirent *entry;
  DIR *directory;
  int mount_fd;

  if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
      || fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
    return FALSE;
  mount_fd = fsmount (context, FSMOUNT_CLOEXEC, 0);
  if (mount_fd < 0 || move_mount (mount_fd, "", AT_FDCWD, where, MOVE_MOUNT_F_EMPTY_PATH) < 0)
    return FALSE;
  directory = opendir (where);
  if (directory == NULL)
    return FALSE;
  while ((entry = readdir (directory)) != NULL)
    puts (entry->d_name);
  closedir (directory);
  return TRUE;
}

static void *
run (void *data)
{
  char **argv = data;
  GError *error = NULL;
  int pid_ns = open (argv[1], O_RDONLY | O_CLOEXEC);
  int context = -1, status = 1;

  if (unshare (CLONE_FS) < 0)
    perror ("unshare");
  else if (!linx_namespaced_fs_open_proc_in_child (pid_ns, &context, &error))
    fprintf (stderr, "%s\n", error->message);
  else if (!show (context, argv[2]))
    perror ("proc-in-child");
  else
    status = 0;
  g_clear_error (&error);
  fflush (stdout);
  /* At once: LeakSanitizer would start a task, which goes to the other pid namespace, and wait for
   * it. */
  _exit (status);
}

int
main (int argc, char **argv)
{
  GThread *thread;

  if (argc != 3)
    return 2;
  /* On a thread, as the service does it. */
  thread = g_thread_new ("worker", run, argv);
  g_thread_join (thread);
  return 1;
}
