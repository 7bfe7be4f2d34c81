/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lookup/namespace.h"
#include "mount/attributes.h"
#include "mount/filesystem-context.h"
#include "mount/filesystem.h"
#include "table/table.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Types that, when they are reconfigured, go back to their defaults in all that is not named: what
 * is there has to be handed on. Others keep it. (Each tried on 6.18:
 * tests/integration/test_kept.py.) */
static gboolean
forgets_options (const char *fstype)
{
  static const char *const types[] = { "cgroup2", "devpts", "erofs", "squashfs", NULL };

  return g_strv_contains (types, fstype);
}

static gboolean
is_named (const LinxRequest *request, const char *name)
{
  for (guint i = 0; i < request->options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (request->options->fs, i);

    if (g_str_equal (option->name, name))
      return TRUE;
  }
  return FALSE;
}

/* @option: as the kernel shows it, "gid=5". */
static gboolean
hand_on (const LinxContext *context, char *option, GError **error)
{
  char *value = strchr (option, '=');

  if (value != NULL)
    *value++ = '\0';
  return is_named (context->request, option)
         || linx_context_set_option (context, option, value, error);
}

/* Without "ro" the kernel takes a filesystem for one that is to be writable from now on. */
static gboolean
keep_options (const LinxContext *context, const LinxAttributes *attributes, GError **error)
{
  g_autofree LinxRow *row = linx_table_read_row (context->pins->target.mount, error);
  g_auto (GStrv) options = row != NULL ? g_strsplit (row->super_options, ",", -1) : NULL;
  gboolean names_ro = ((attributes->set | attributes->clear) & MOUNT_ATTR_RDONLY) != 0;

  if (row == NULL)
    return FALSE;
  for (guint i = 0; options[i] != NULL; i++) {
    gboolean is_ro = i == 0 && g_str_equal (options[i], "ro");

    if (is_ro && !names_ro && !linx_context_set_option (context, "ro", NULL, error))
      return FALSE;
    if (i > 0 && forgets_options (row->fstype) && !hand_on (context, options[i], error))
      return FALSE;
  }
  return TRUE;
}

static const char *
explain (int err)
{
  switch (err) {
  case EBUSY:
    return "a file on it is open for writing";
  case EROFS:
  case EACCES:
    return "the device is read-only";
  default:
    return NULL;
  }
}

static gboolean
reconfigure (LinxJob *job, const LinxContext *context, GError **error)
{
  int rc, err;

  if (!linx_job_commit (job, "reconfiguring the filesystem", error))
    return FALSE;
  rc = fsconfig (context->fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
  err = errno;
  linx_job_committed (job, rc == 0);
  return rc == 0 ? TRUE : linx_context_fail (context, err, explain (err), error);
}

/* What is there is read while this worker still sees the table; the options of a caller's are read
 * by the kernel when no path leads anywhere. */
gboolean
linx_filesystem_change (LinxJob *job, const LinxRequest *request, const LinxPins *pins,
                        GError **error)
{
  LinxContext context = { .request = request, .pins = pins };
  LinxAttributes attributes, tree;
  gboolean ok;

  context.fd
      = fspick (pins->target.fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT);
  if (context.fd < 0)
    return linx_context_fail (&context, errno, NULL, error);
  linx_attributes_of (request, pins, &attributes, &tree);
  ok = keep_options (&context, &attributes, error)
       && (pins->sender.privileged || linx_namespace_hide_paths (error))
       && linx_context_set_options (&context, &attributes, error)
       && reconfigure (job, &context, error);
  close (context.fd);
  return ok;
}
