/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/attributes.h"
#include "linx-error.h"
#include "mount/idmap.h"
#include "source/filesystem-types.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#define FORCED (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
/* What a mount may withhold, and its clone must not give without more ado. */
#define RESTRICTIONS (FORCED | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW)

#define VERBS_WITH_NEW_MOUNT (LINX_VERBS_MAKING | LINX_VERBS_CLONING | LINX_VERB_ATTACH_MOUNT)

void
linx_attributes_of (const LinxRequest *request, const LinxPins *pins, LinxAttributes *mount,
                    LinxAttributes *tree)
{
  guint verb = request->method->bit;

  *mount = request->options->attr;
  *tree = request->recursive && verb == LINX_VERB_REMOUNT ? *mount : request->options->tree;
  if (pins->source.read_only)
    mount->set |= MOUNT_ATTR_RDONLY;
  if (pins->sender.privileged || (verb & VERBS_WITH_NEW_MOUNT) == 0)
    return;
  mount->set |= FORCED & ~mount->clear;
  if ((verb & LINX_VERBS_MAKING) == 0)
    tree->set |= FORCED & ~tree->clear;
}

int
linx_attributes_set (int mount, gboolean recursive, const LinxAttributes *attributes,
                     int propagation)
{
  struct mount_attr attr = { .attr_set = attributes->set,
                             .attr_clr = attributes->clear,
                             .propagation = (guint64)propagation };
  unsigned int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

  if (attr.attr_set == 0 && attr.attr_clr == 0 && attr.propagation == 0)
    return 0;
  return mount_setattr (mount, "", flags, &attr, sizeof attr) == 0 ? 0 : errno;
}

static const char *
explain (int err)
{
  switch (err) {
  case EPERM:
    return "the attribute is locked: the mount came from a more privileged mount namespace";
  case EBUSY:
    return "a file on it is open for writing";
  case EINVAL:
    return "it is neither a mount of this namespace nor a detached one";
  default:
    return NULL;
  }
}

gboolean
linx_attributes_change (LinxJob *job, int mount, gboolean recursive,
                        const LinxAttributes *attributes, const char *path, GError **error)
{
  int err;

  if (attributes->set == 0 && attributes->clear == 0)
    return TRUE;
  if (!linx_job_commit (job, "mount_setattr", error))
    return FALSE;
  err = linx_attributes_set (mount, recursive, attributes, 0);
  linx_job_committed (job, err == 0);
  return err == 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_SET_ATTRIBUTES, err, path, explain (err));
}

gboolean
linx_attributes_prepare (const LinxRequest *request, const LinxPins *pins, int mount,
                         int propagation, GError **error)
{
  LinxAttributes own, tree;
  int err;

  linx_attributes_of (request, pins, &own, &tree);
  err = linx_attributes_set (mount, TRUE, &tree, propagation);
  if (err == 0)
    err = linx_attributes_set (mount, FALSE, &own, 0);
  if (err != 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_SET_ATTRIBUTES, err, linx_pins_path (pins),
                           explain (err));
  return linx_idmap_set (request, pins, mount, error);
}

static gboolean
has_option_to_ask_for (const LinxRequest *request, const LinxPins *pins)
{
  const GPtrArray *fs = request->options->fs;

  if (pins->fs.type == NULL)
    return fs->len > 0; /* it could not be pinned */
  for (guint i = 0; i < fs->len; i++)
    if (!linx_options_harmless (pins->fs.type, g_ptr_array_index (fs, i)))
      return TRUE;
  return FALSE;
}

/* What is made from nothing a rule for the verb alone may allow; what is made from a device or an
 * image that is pinned has its own rules. The control groups of the whole machine get the options
 * of whoever mounted them last (cgroup_get_tree(), kernel/cgroup/cgroup.c). */
static gboolean
is_of_special_type (const LinxRequest *request, const LinxPins *pins)
{
  return (request->method->bit & LINX_VERBS_MAKING) != 0 && pins->fs.type != NULL
         && pins->source.kind == LINX_SOURCE_NONE
         && (!linx_filesystem_type_is_plain (pins->fs.type)
             || pins->fs_process.in_initial_cgroupns);
}

gboolean
linx_attributes_need_unrestricted (const LinxRequest *request, const LinxPins *pins)
{
  guint verb = request->method->bit;
  guint64 clear = request->options->attr.clear | request->options->tree.clear;

  if (pins->target.is_detached || pins->source.kind == LINX_SOURCE_FD
      || pins->source.kind == LINX_SOURCE_NAMESPACE || request->beneath)
    return TRUE;
  /* It ends the filesystem for all who use it, in every namespace (umount2(2)). */
  if (verb == LINX_VERB_UMOUNT)
    return request->umount.force && pins->ns[LINX_IN].kind != LINX_NAMESPACE_HOST;
  if ((verb & (VERBS_WITH_NEW_MOUNT | LINX_VERB_REMOUNT)) == 0)
    return FALSE;
  if (request->superblock && pins->ns[LINX_IN].kind != LINX_NAMESPACE_HOST)
    return TRUE;
  if ((verb & LINX_VERBS_DETACHED) != 0 || pins->ns[LINX_IN].in_other_userns
      || request->idmap.kind != LINX_WHERE_NONE
      || (linx_pins_crosses (pins) && pins->ns[LINX_FROM].in_other_userns))
    return TRUE;
  /* What the other namespace mounts later comes along, with the attributes that it has there. */
  if ((verb & LINX_VERBS_CLONING) != 0 && request->propagation == MS_SLAVE)
    return TRUE;
  if ((clear & FORCED) != 0 || ((verb & LINX_VERBS_CLONING) != 0 && (clear & RESTRICTIONS) != 0))
    return TRUE;
  if (pins->fs.by_helper || (verb == LINX_VERB_MOUNT && pins->source.kind == LINX_SOURCE_FILE))
    return TRUE;
  return is_of_special_type (request, pins) || has_option_to_ask_for (request, pins);
}
