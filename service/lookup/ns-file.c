/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/ns-file.h"
#include "kernel/process.h"
#include "linx-error.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <string.h>

/* All of them are of one filesystem, which is the kernel's own. Nothing else is asked of a
 * descriptor that may be a caller's. */
gboolean
linx_ns_file_is (const LinxFileId *id)
{
  LinxFileId own;

  return linx_file_id_read (&own, linx_process_self_mnt_ns (), "") == 0 && own.major == id->major
         && own.minor == id->minor;
}

/* A number, or what stands for @self; NULL: neither. Returns what follows. */
static const char *
take_process (const char *text, pid_t self, pid_t *pid)
{
  static const char *const names[] = { "self/", "thread-self/" };
  gsize digits = strspn (text, "0123456789");
  guint64 number;
  g_autofree char *word = g_strndup (text, digits);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_has_prefix (text, names[i])) {
      *pid = self;
      return text + strlen (names[i]);
    }
  if (text[digits] != '/' || !g_ascii_string_to_unsigned (word, 10, 1, G_MAXINT, &number, NULL))
    return NULL;
  *pid = (pid_t)number;
  return text + digits + 1;
}

static gboolean
is_kind (const char *word)
{
  static const char *const kinds[]
      = { "cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children",
          "user",   "uts", NULL };

  return g_strv_contains (kinds, word);
}

gboolean
linx_ns_file_match (const char *path, pid_t self, pid_t *pid, const char **name)
{
  const char *rest;
  pid_t thread;

  if (!g_str_has_prefix (path, "/proc/"))
    return FALSE;
  rest = *name = take_process (path + strlen ("/proc/"), self, pid);
  if (rest != NULL && g_str_has_prefix (rest, "task/"))
    rest = take_process (rest + strlen ("task/"), 0, &thread);
  return rest != NULL && g_str_has_prefix (rest, "ns/") && is_kind (rest + strlen ("ns/"));
}

/* A thread may see all of its own process, whatever credentials it has (same_thread_group() in
 * __ptrace_may_access(), kernel/ptrace.c): the service's, and namespaces that its workers are in.
 */
static gboolean
is_services_own (pid_t pid)
{
  g_autofree char *task = g_strdup_printf ("self/task/%d", (int)pid);

  return faccessat (linx_process_proc_fd (), task, F_OK, 0) == 0;
}

int
linx_ns_file_open (const char *path, pid_t pid, const char *name, GError **error)
{
  int fd;

  if (is_services_own (pid)) {
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, EXDEV, path,
                    "it leads to what /proc has of the service");
    return -1;
  }
  fd = linx_process_open (pid, name, O_PATH);
  if (fd < 0)
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, errno, path, NULL);
  return fd;
}

char *
linx_ns_file_name (int fd)
{
  char name[64];
  gssize length = linx_process_fd_path (fd, name, sizeof name - 1);

  name[MAX (length, 0)] = '\0';
  return g_strdup (name);
}
