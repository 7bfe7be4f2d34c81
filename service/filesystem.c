/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filesystem.h"
#include "attributes.h"
#include "linx-error.h"
#include "shown.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* A filesystem context (fsopen(2)) and what it is for. */
typedef struct {
  int fd; /* -1 with errno set: it could not be opened */
  const LinxRequest *request;
  const LinxPins *pins;
} Context;

/* The kernel's own words, where it left some in the context: "e tmpfs: Bad value for 'size'". */
static char *
read_words (int context)
{
  char line[1024];
  GString *words = g_string_new (NULL);
  gssize n;

  while ((n = read (context, line, sizeof line - 1)) > 0) {
    line[n] = '\0';
    g_strchomp (line);
    if (n > 2 && line[1] == ' ' && strchr ("ew", line[0]) != NULL)
      g_string_append_printf (words, "%s%s", words->len > 0 ? "; " : "", line + 2);
  }
  return g_string_free (words, FALSE);
}

static gboolean
mount_failed (const Context *context, int err, const char *fallback, GError **error)
{
  g_autofree char *kernel = context->fd >= 0 ? read_words (context->fd) : g_strdup ("");
  g_autofree char *words = NULL;

  if (kernel[0] != '\0')
    words = g_strdup (kernel);
  else
    words = g_strdup_printf ("%s on '%s': %s", context->request->fstype, context->pins->source,
                             fallback != NULL ? fallback : strerrordesc_np (err));
  return linx_error_set (error, LINX_STAGE_MOUNT, err, context->pins->target, words);
}

static gboolean
set_option (const Context *context, const char *name, const char *value, GError **error)
{
  int rc = fsconfig (context->fd, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, name,
                     value, 0);

  return rc == 0 ? TRUE : mount_failed (context, errno, name, error);
}

static gboolean
configure (const Context *context, GError **error)
{
  const LinxOptions *options = context->request->options;

  if (context->pins->source[0] != '\0'
      && !set_option (context, "source", context->pins->source, error))
    return FALSE;
  if ((options->attr_set & MOUNT_ATTR_RDONLY) != 0 && !set_option (context, "ro", NULL, error))
    return FALSE;
  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    if (!set_option (context, option->name, option->value, error))
      return FALSE;
  }
  return TRUE;
}

static const char *
explain_create (const Context *context, int err)
{
  if (context->pins->source_kind != LINX_SOURCE_DEVICE)
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

/* The kernel looks the device up by its path, and follows links. Asked right before, and by its
 * number right after. */
static gboolean
check_source (const Context *context, GError **error)
{
  const LinxPins *pins = context->pins;
  LinxFileId node;
  int fd = linx_path_open (AT_FDCWD, pins->source, LINX_PATH_NO_SYMLINKS, error);
  int rc;

  if (fd < 0)
    return FALSE;
  rc = linx_file_id_read (&node, fd, "");
  close (fd);
  if (rc == 0 && S_ISBLK (node.mode) && node.rdev_major == pins->device_major
      && node.rdev_minor == pins->device_minor)
    return TRUE;
  return linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->source,
                         "the device is no longer the one that was approved");
}

/* Types with a device number of their own (btrfs) do not show theirs: there the path is asked once
 * more. */
static gboolean
check_device (const Context *context, int mount, GError **error)
{
  const LinxPins *pins = context->pins;
  LinxFileId made;

  if (linx_file_id_read (&made, mount, "") == 0 && made.major != 0)
    return made.major == pins->device_major && made.minor == pins->device_minor
               ? TRUE
               : linx_error_set (error, LINX_STAGE_RESOLVE, ESTALE, pins->source,
                                 "the device is no longer the one that was approved");
  return check_source (context, error);
}

static gboolean
create (LinxVisit *visit, const Context *context, GError **error)
{
  gboolean device = context->pins->source_kind == LINX_SOURCE_DEVICE;
  int rc, err;

  if (device
      && (!check_source (context, error)
          || !linx_visit_commit (visit, "opening the device", error)))
    return FALSE;
  rc = fsconfig (context->fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
  err = errno;
  if (device)
    linx_visit_committed (visit, rc == 0);
  return rc == 0 ? TRUE : mount_failed (context, err, explain_create (context, err), error);
}

/* mount_too_revealing(), fs/namespace.c. */
static const char *
explain_fsmount (const Context *context, int err)
{
  if (err == EPERM && context->pins->ns_foreign)
    return "it would show more than the one that is mounted there: that one has parts covered";
  return NULL;
}

static gboolean
set_idmap (const Context *context, int mount, GError **error)
{
  struct mount_attr attr
      = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (guint64)context->pins->fd[LINX_PIN_IDMAP] };

  if (mount_setattr (mount, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0)
    return TRUE;
  return linx_error_set (error, LINX_STAGE_SET_ATTRIBUTES, errno, context->pins->target,
                         errno == EINVAL  ? "'idmap': this filesystem type cannot be mapped"
                         : errno == EPERM ? "'idmap': the initial user namespace is no mapping"
                                          : NULL);
}

/* Makes the filesystem, and a mount of it that nobody sees yet. Returns it, or -1. */
static int
make_mount (LinxVisit *visit, const Context *context, GError **error)
{
  guint64 attributes = linx_attributes_effective (context->request, context->pins);
  int mount;

  if (!configure (context, error) || !create (visit, context, error))
    return -1;
  mount = fsmount (context->fd, FSMOUNT_CLOEXEC, (unsigned int)attributes);
  if (mount < 0) {
    mount_failed (context, errno, explain_fsmount (context, errno), error);
    return -1;
  }
  if ((context->pins->source_kind == LINX_SOURCE_DEVICE && !check_device (context, mount, error))
      || (context->pins->fd[LINX_PIN_IDMAP] >= 0 && !set_idmap (context, mount, error))) {
    close (mount);
    return -1;
  }
  return mount;
}

int
linx_filesystem_make (LinxVisit *visit, const LinxRequest *request, const LinxPins *pins,
                      GError **error)
{
  Context context = { -1, request, pins };
  int mount;

  if (!linx_shown_open (request, pins, &context.fd, error))
    return -1;
  if (context.fd < 0) {
    mount_failed (&context, errno, errno == ENODEV ? "unknown filesystem type" : NULL, error);
    return -1;
  }
  mount = make_mount (visit, &context, error);
  close (context.fd);
  return mount;
}
