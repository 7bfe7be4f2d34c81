/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/cgroup.h"
#include "kernel/process.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Of the whole file: a path is as long as its names, of which there may be many. */
#define MAX_BYTES (64 << 10)

void
linx_cgroup_clear (LinxCgroup *cgroup)
{
  g_clear_pointer (&cgroup->path, g_free);
  g_clear_pointer (&cgroup->unit, g_free);
  g_clear_pointer (&cgroup->machine, g_free);
}

/* The rest of the line that begins with a hierarchy's number and @controllers. */
static char *
find_path (const char *text, const char *controllers)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    const char *after = strchr (*line, ':');

    if (after != NULL && g_str_has_prefix (after, controllers))
      return g_strdup (after + strlen (controllers));
  }
  return NULL;
}

/* Where systemd has the old hierarchies it keeps its own; where it is not, that is empty. */
char *
linx_cgroup_path_of (const char *text)
{
  g_autofree char *own = find_path (text, ":name=systemd:");
  g_autofree char *unified = find_path (text, "::");

  if (own != NULL && (unified == NULL || !g_str_equal (own, "/")))
    return g_steal_pointer (&own);
  return unified != NULL ? g_steal_pointer (&unified) : g_strdup ("");
}

/* Those that have processes: systemd.unit(5). */
static gboolean
is_unit (const char *name)
{
  static const char *const types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (name, types[i]) && strlen (name) > strlen (types[i]))
      return strspn (name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@")
             == strlen (name);
  return FALSE;
}

/* The first that is no slice; what is below it the unit, or who it is delegated to, has named. An
 * underscore is put before names that the kernel has use for itself. */
char *
linx_cgroup_unit_of (const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  for (char **name = names; *name != NULL; name++) {
    const char *plain = (*name)[0] == '_' ? *name + 1 : *name;

    if (plain[0] != '\0' && !g_str_has_suffix (plain, ".slice"))
      return g_strdup (is_unit (plain) ? plain : "");
  }
  return g_strdup ("");
}

/* systemd-machined has a link for each unit that runs a machine. It is looked up from the service's
 * own root, whatever this worker's is. */
static char *
machine_of (const char *unit)
{
  g_autofree char *link = g_strconcat ("self/root/run/systemd/machines/unit:", unit, NULL);
  char name[HOST_NAME_MAX + 1];
  gssize n
      = unit[0] != '\0' ? readlinkat (linx_process_proc_fd (), link, name, sizeof name - 1) : -1;

  return g_strndup (name, n > 0 ? (gsize)n : 0);
}

gboolean
linx_cgroup_read (LinxCgroup *cgroup, pid_t pid)
{
  g_autofree char *file = g_strdup_printf ("%d/cgroup", (int)pid);
  g_autofree char *text = g_malloc (MAX_BYTES);

  linx_cgroup_clear (cgroup);
  if (linx_process_read (file, text, MAX_BYTES) < 0)
    return FALSE;
  cgroup->path = linx_cgroup_path_of (text);
  cgroup->unit = linx_cgroup_unit_of (cgroup->path);
  cgroup->machine = machine_of (cgroup->unit);
  return TRUE;
}
