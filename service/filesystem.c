/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filesystem.h"
#include "attributes.h"
#include "device.h"
#include "helper.h"
#include "layers.h"
#include "linx-error.h"
#include "namespace.h"
#include "shown.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* A filesystem context (fsopen(2), fspick(2)) and what it is for. */
typedef struct {
  int fd; /* -1 with errno set: it could not be opened */
  const LinxRequest *request;
  const LinxPins *pins;
  const LinxDevice *device; /* NULL: none, or it is not to change */
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

  if (fallback == NULL)
    fallback = strerrordesc_np (err);
  if (kernel[0] != '\0')
    words = g_strdup (kernel);
  else if (context->pins->source != NULL)
    words = g_strdup_printf ("%s on '%s': %s", context->pins->fstype, context->pins->source,
                             fallback);
  else
    words = g_strdup_printf ("%s: %s", context->pins->fstype, fallback);
  return linx_error_set (error, LINX_MOUNT_STAGE_MOUNT, err, linx_pins_path (context->pins), words);
}

static gboolean
set_option (const Context *context, const char *name, const char *value, GError **error)
{
  int rc = fsconfig (context->fd, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, name,
                     value, 0);

  return rc == 0 ? TRUE : mount_failed (context, errno, name, error);
}

/* `ro` and `rw` are the filesystem's too; layers were handed over already. */
static gboolean
set_options (const Context *context, const LinxAttributes *attributes, GError **error)
{
  const GPtrArray *fs = context->request->options->fs;

  if ((attributes->set & MOUNT_ATTR_RDONLY) != 0 && !set_option (context, "ro", NULL, error))
    return FALSE;
  if ((attributes->clear & MOUNT_ATTR_RDONLY) != 0 && !set_option (context, "rw", NULL, error))
    return FALSE;
  for (guint i = 0; i < fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (fs, i);

    if (context->pins->layers != NULL && linx_options_names_path (option))
      continue;
    if (!set_option (context, option->name, option->value, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
configure (const Context *context, GError **error)
{
  LinxAttributes attributes, tree;
  const char *option;
  int err;

  if (context->device->path[0] != '\0'
      && !set_option (context, "source", context->device->path, error))
    return FALSE;
  err = linx_layers_configure (context->fd, context->pins, &option);
  if (err != 0)
    return mount_failed (context, err, option, error);
  linx_attributes_of (context->request, context->pins, &attributes, &tree);
  return set_options (context, &attributes, error);
}

static gboolean
is_on_device (const Context *context)
{
  return context->pins->source_kind != LINX_SOURCE_NONE;
}

static const char *
explain_create (const Context *context, int err)
{
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
create (LinxVisit *visit, const Context *context, GError **error)
{
  gboolean device = is_on_device (context);
  int rc, err;

  if (device
      && (!linx_device_check (context->device, error)
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
  if (err == EPERM && context->pins->ns[LINX_IN].foreign)
    return "it would show more than the one that is mounted there: that one has parts covered";
  return NULL;
}

/* Makes the filesystem, and a mount of it that nobody sees yet. Returns it, or -1. */
static int
make_mount (LinxVisit *visit, const Context *context, GError **error)
{
  LinxAttributes attributes, tree;
  int mount;

  if (!configure (context, error) || !create (visit, context, error))
    return -1;
  linx_attributes_of (context->request, context->pins, &attributes, &tree);
  mount = fsmount (context->fd, FSMOUNT_CLOEXEC, (unsigned int)attributes.set);
  if (mount < 0) {
    mount_failed (context, errno, explain_fsmount (context, errno), error);
    return -1;
  }
  if ((is_on_device (context) && !linx_device_is_below (context->device, mount, error))
      || !linx_attributes_set_idmap (context->request, context->pins, mount, error)) {
    close (mount);
    return -1;
  }
  return mount;
}

/* Where the device is looked up. */
static int
make_there (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_auto (LinxDevice) device = { .fd = -1 };
  Context context = { -1, request, pins, &device };
  int mount;

  if (!linx_device_open (request, pins, &device, error)
      || !linx_shown_open (pins, &context.fd, error))
    return -1;
  if (context.fd < 0) {
    mount_failed (&context, errno, errno == ENODEV ? "unknown filesystem type" : NULL, error);
    return -1;
  }
  mount = make_mount (visit, &context, error);
  close (context.fd);
  return mount;
}

/* The type may be known only after its device was read: then a helper is looked for once more. */
gboolean
linx_filesystem_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  pins->fstype = g_strdup (request->fstype);
  return linx_helper_pin (request, pins, error) && linx_layers_pin (request, pins, error)
         && linx_device_pin (request, pins, error) && linx_helper_pin (request, pins, error)
         && linx_shown_pin (request, pins, error) && linx_shown_pin_idmap (request, pins, error);
}

int
linx_filesystem_make (LinxVisit *visit, const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean elsewhere = pins->source_kind != LINX_SOURCE_NONE;
  int mount;

  if (!linx_layers_recheck (pins, error))
    return -1;
  mount = make_there (visit, request, pins, error);
  if (mount < 0 || !elsewhere || linx_namespace_enter (pins, LINX_IN, error))
    return mount;
  close (mount);
  return -1;
}

gboolean
linx_filesystem_change (LinxVisit *visit, const LinxRequest *request, const LinxPins *pins,
                        GError **error)
{
  Context context = { .request = request, .pins = pins };
  LinxAttributes attributes, tree;
  int rc, err;
  gboolean ok;

  context.fd = fspick (pins->fd[LINX_PIN_TARGET], "",
                       FSPICK_CLOEXEC | FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT);
  if (context.fd < 0)
    return mount_failed (&context, errno, NULL, error);
  linx_attributes_of (request, pins, &attributes, &tree);
  ok = set_options (&context, &attributes, error)
       && linx_visit_commit (visit, "reconfiguring the filesystem", error);
  if (ok) {
    rc = fsconfig (context.fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
    err = errno;
    linx_visit_committed (visit, rc == 0);
    ok = rc == 0 ? TRUE
                 : mount_failed (&context, err,
                                 err == EBUSY ? "a file on it is open for writing" : NULL, error);
  }
  close (context.fd);
  return ok;
}
