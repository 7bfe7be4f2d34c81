/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/clone.h"
#include "linx-error.h"
#include "lookup/namespace.h"
#include "mount/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *
explain (const LinxRequest *request, const LinxPins *pins, int err)
{
  if (err != EINVAL)
    return NULL;
  if (pins->source.kind == LINX_SOURCE_FD)
    return "it is unbindable, or a mount of another namespace";
  return request->recursive
             ? "the mount there is unbindable"
             : "the mount there is unbindable, or has mounts on it that are locked in place: those "
               "go along with 'recursive' alone";
}

static int
clone_source (const LinxRequest *request, LinxPins *pins, GError **error)
{
  unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH
                       | (request->recursive ? AT_RECURSIVE : 0);
  int mount;

  if (!linx_pins_recheck_source (pins, error))
    return -1;
  mount = open_tree (pins->source.fd, "", flags);
  if (mount < 0)
    linx_error_set (error, LINX_MOUNT_STAGE_OPEN_TREE, errno, pins->source.path,
                    explain (request, pins, errno));
  return mount;
}

int
linx_clone_make (const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean crosses = linx_pins_crosses (pins);
  gboolean leaves_peers = crosses || !pins->sender.privileged
                          || request->method->bit == LINX_VERB_CLONE_MOUNT
                          || (pins->target.is_detached && request->propagation != 0);
  int left = request->propagation == MS_SLAVE ? MS_SLAVE : MS_PRIVATE;
  int mount;

  if (crosses && !linx_namespace_enter (pins, LINX_FROM, error))
    return -1;
  mount = clone_source (request, pins, error);
  if (mount < 0)
    return -1;
  if (linx_attributes_prepare (request, pins, mount, leaves_peers ? left : 0, error)
      && (!crosses || linx_namespace_enter (pins, LINX_IN, error)))
    return mount;
  close (mount);
  return -1;
}
