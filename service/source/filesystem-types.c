/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/filesystem-types.h"
#include "kernel/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static GHashTable *known; /* by type; made once, and only read from then on */

/* Calls @func with each type of /proc/filesystems, and what it needs (proc_filesystems(5)). */
static void
for_each_type (void (*func) (const char *fstype, LinxTypeNeed need, gpointer data), gpointer data)
{
  int fd = openat (linx_process_proc_fd (), "filesystems", O_RDONLY | O_CLOEXEC);
  FILE *stream = fd >= 0 ? fdopen (fd, "re") : NULL;
  char line[256];

  if (stream == NULL)
    return;
  while (fgets (line, sizeof line, stream) != NULL) {
    const char *name = strchr (line, '\t');

    line[strcspn (line, "\n")] = '\0';
    if (name != NULL)
      func (name + 1, g_str_has_prefix (line, "nodev") ? LINX_TYPE_NO_DEVICE : LINX_TYPE_DEVICE,
            data);
  }
  fclose (stream);
}

static void
keep (const char *fstype, LinxTypeNeed need, gpointer unused)
{
  (void)unused;
  g_hash_table_insert (known, g_strdup (fstype), GINT_TO_POINTER (need));
}

void
linx_filesystem_types_init (void)
{
  known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for_each_type (keep, NULL);
}

typedef struct {
  const char *fstype;
  LinxTypeNeed need;
} Wanted;

static void
match (const char *fstype, LinxTypeNeed need, gpointer data)
{
  Wanted *wanted = data;

  if (g_str_equal (fstype, wanted->fstype))
    wanted->need = need;
}

/* A type whose module was loaded since the start is in the file alone. */
LinxTypeNeed
linx_filesystem_type_need (const char *fstype)
{
  Wanted wanted = { fstype, GPOINTER_TO_INT (g_hash_table_lookup (known, fstype)) };

  if (wanted.need == LINX_TYPE_UNKNOWN)
    for_each_type (match, &wanted);
  return wanted.need;
}

gboolean
linx_filesystem_type_is_plain (const char *fstype)
{
  static const char *const plain[] = {
    "tmpfs",  "ramfs",   "proc",      "sysfs",   "devpts", "mqueue",
    "cgroup", "cgroup2", "hugetlbfs", "overlay", NULL,
  };

  return g_strv_contains (plain, fstype);
}

/* init_pseudo() in the kernel's sources. */
gboolean
linx_filesystem_type_is_internal (const char *fstype)
{
  static const char *const internal[] = {
    "aio",  "anon_inodefs", "bdev",   "dax",       "drm",    "guest_memfd", "mtd_inodefs",
    "nsfs", "pidfs",        "pipefs", "secretmem", "sockfs", NULL,
  };

  return g_strv_contains (internal, fstype);
}
