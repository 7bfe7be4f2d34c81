/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/filesystem.h"
#include "kernel/features.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "lookup/namespace.h"
#include "mount/attributes.h"
#include "mount/filesystem-context.h"
#include "mount/helper.h"
#include "mount/idmap.h"
#include "source/filesystem-types.h"
#include "source/fs-source.h"
#include "source/namespaced-fs.h"
#include "source/overlay-layers.h"
#include "source/tag.h"
#include "worker/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
configure (const LinxContext *context, GError **error)
{
  LinxAttributes attributes, tree;
  const char *option;
  int err;

  if (context->device->path[0] != '\0'
      && !linx_context_set_option (context, "source", context->device->path, error))
    return FALSE;
  err = linx_layers_configure (context->fd, context->pins, &option);
  if (err != 0)
    return linx_context_fail (context, err, option, error);
  linx_attributes_of (context->request, context->pins, &attributes, &tree);
  return linx_context_set_options (context, &attributes, error);
}

static gboolean
is_on_device (const LinxContext *context)
{
  return context->pins->source.kind != LINX_SOURCE_NONE;
}

static const char *
explain_create (const LinxContext *context, int err)
{
  if (err == EBUSY && context->request->exclusive)
    return "the filesystem is there already, and 'exclusive' was asked for";
  if (!is_on_device (context))
    return NULL;
  switch (err) {
  case EINVAL:
  case EUCLEAN:
    return "wrong fstype, bad option, or a damaged filesystem; the kernel log may say more";
  case EBUSY:
    return "the device is in use";
  case EROFS:
  case EACCES:
    return "the device is read-only: mount it with option 'ro'";
  default:
    return NULL;
  }
}

static gboolean
create (LinxJob *job, const LinxContext *context, GError **error)
{
  gboolean device = is_on_device (context);
  gboolean exclusive = context->request->exclusive;
  int rc, err;

  if (device
      && (!linx_device_check (context->device, error)
          || !linx_job_commit (job, "opening the device", error)))
    return FALSE;
  rc = fsconfig (context->fd, exclusive ? LINX_FSCONFIG_CMD_CREATE_EXCL : FSCONFIG_CMD_CREATE, NULL,
                 NULL, 0);
  err = errno;
  if (device)
    linx_job_committed (job, rc == 0);
  return rc == 0 ? TRUE : linx_context_fail (context, err, explain_create (context, err), error);
}

/* mount_too_revealing(), fs/namespace.c. */
static const char *
explain_fsmount (const LinxContext *context, int err)
{
  if (err == EPERM && context->pins->ns[LINX_IN].in_other_userns)
    return "it would show more than the one that is mounted there: that one has parts covered";
  return NULL;
}

/* Nothing that a caller other than root names is looked up by the kernel: no option, and no source.
 * The path of a device is the service's own. */
static gboolean
make_superblock (LinxJob *job, const LinxContext *context, GError **error)
{
  gboolean hides = !context->pins->sender.privileged;

  return linx_fs_source_check_need (context->pins, error)
         && (!hides || linx_namespace_hide_paths (error)) && configure (context, error)
         && (!hides || !is_on_device (context) || linx_namespace_enter_own (error))
         && create (job, context, error);
}

/* Makes the filesystem, and a mount of it that nobody sees yet. Returns it, or -1. */
static int
make_mount (LinxJob *job, const LinxContext *context, GError **error)
{
  LinxAttributes attributes, tree;
  int mount;

  if (!make_superblock (job, context, error))
    return -1;
  linx_attributes_of (context->request, context->pins, &attributes, &tree);
  mount = fsmount (context->fd, FSMOUNT_CLOEXEC, (unsigned int)attributes.set);
  if (mount < 0) {
    linx_context_fail (context, errno, explain_fsmount (context, errno), error);
    return -1;
  }
  if ((is_on_device (context) && !linx_device_is_below (context->device, mount, error))
      || !linx_idmap_set (context->request, context->pins, mount, error)) {
    close (mount);
    return -1;
  }
  return mount;
}

/* Where the device is looked up. */
static int
make_there (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_auto (LinxDevice) device = { .fd = -1 };
  LinxContext context = { -1, request, pins, &device };
  int mount;

  if (linx_filesystem_type_is_internal (pins->fs.type)) {
    linx_context_fail (&context, EINVAL, "the type is the kernel's own, and is not mounted", error);
    return -1;
  }
  if (!linx_fs_source_open (request, pins, &device, error)
      || !linx_namespaced_fs_open (pins, &context.fd, error))
    return -1;
  if (context.fd < 0) {
    linx_context_fail (&context, errno, errno == ENODEV ? "unknown filesystem type" : NULL, error);
    return -1;
  }
  mount = make_mount (job, &context, error);
  close (context.fd);
  return mount;
}

static int
clone_directory (int mount, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  const char *subdir = request->options->subdir;
  guint flags = pins->sender.privileged ? linx_pins_path_flags (request) : LINX_PATH_NO_SYMLINKS;
  int fd, clone;
  LinxFileId id;

  if (!linx_credentials_assume (&pins->sender.credentials, error))
    return -1;
  fd = linx_path_open (mount, subdir, flags, error);
  if (!linx_credentials_resume (fd >= 0 ? error : NULL) || fd < 0)
    return -1;
  clone = open_tree (fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
  if (clone < 0)
    linx_error_set (error, LINX_MOUNT_STAGE_OPEN_TREE, errno, subdir, NULL);
  close (fd);
  if (clone < 0 || linx_file_id_read (&id, clone, "") != 0 || S_ISDIR (id.mode))
    return clone;
  linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENOTDIR, subdir, NULL);
  close (clone);
  return -1;
}

/* X-mount.subdir: as the caller, who must be able to reach it, and inside the filesystem alone.
 * Where somebody was asked it is what was approved, and no link to something else. */
static int
take_directory (int mount, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  int clone;

  if (request->options->subdir == NULL)
    return mount;
  clone = clone_directory (mount, request, pins, error);
  close (mount);
  return clone;
}

/* As mount(8) guesses; "": it is read from the source. */
static const char *
type_of_source (const char *source)
{
  if (g_str_has_prefix (source, "//") && source[2] != '/' && source[2] != '\0')
    return "cifs";
  return source[0] != '/' && !linx_tag_is (source) && strstr (source, ":/") != NULL ? "nfs" : "";
}

static gboolean
check_kernel (const LinxRequest *request, GError **error)
{
  if ((!request->exclusive || linx_feature_exclusive ())
      && (request->options->subdir == NULL || linx_feature_detached_mounts ()))
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED, "%s",
               request->exclusive && !linx_feature_exclusive ()
                   ? "'exclusive' is possible since Linux 6.6"
                   : "option 'X-mount.subdir' is possible since Linux 6.15");
  return FALSE;
}

/* The type may be known only after its device was read: then a helper is looked for once more. */
/* There "self" is whoever looks it up: the service. */
static gboolean
check_subdir (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  return request->options->subdir == NULL || !g_str_equal (pins->fs.type, "proc")
             ? TRUE
             : linx_error_set_args (error, "option 'X-mount.subdir' is not for fstype proc");
}

gboolean
linx_filesystem_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  pins->fs.type = g_strdup (request->fstype[0] != '\0' || request->list.fstypes != NULL
                                ? request->fstype
                                : type_of_source (request->source.path));
  return check_kernel (request, error) && check_subdir (request, pins, error)
         && linx_helper_pin (request, pins, error) && linx_layers_pin (request, pins, error)
         && linx_fs_source_pin (request, pins, error) && linx_helper_pin (request, pins, error)
         && linx_namespaced_fs_pin (request, pins, error)
         && linx_namespaced_fs_pin_idmap (request, pins, error);
}

int
linx_filesystem_make (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean elsewhere = pins->source.kind != LINX_SOURCE_NONE || !pins->sender.privileged;
  int mount;

  if (!linx_layers_recheck (pins, error))
    return -1;
  mount = make_there (job, request, pins, error);
  if (mount < 0 || !elsewhere || linx_namespace_enter (pins, LINX_IN, error))
    return mount < 0 ? -1 : take_directory (mount, request, pins, error);
  close (mount);
  return -1;
}
