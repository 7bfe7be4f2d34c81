/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/fstype.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "lookup/namespace.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_MOUNT, err, pins->source.path, words);
}

static gboolean
check_is_among (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  const char *const *types = (const char *const *)request->list.fstypes;
  g_autofree char *words = NULL;

  if (types == NULL || g_strv_contains (types, pins->fs.type) || g_strv_contains (types, "auto"))
    return TRUE;
  words = g_strdup_printf ("it is %s, which is none of those that were named", pins->fs.type);
  return fail (pins, EINVAL, words, error);
}

static gboolean
probe (int fd, const LinxRequest *request, LinxPins *pins, GError **error)
{
  blkid_probe probe = blkid_new_probe ();
  const char *type = NULL;
  int rc = -1;

  if (probe == NULL)
    return fail (pins, ENOMEM, NULL, error);
  if (blkid_probe_set_device (probe, fd, (blkid_loff_t)request->options->offset,
                              (blkid_loff_t)request->options->size_limit)
          == 0
      && blkid_probe_enable_superblocks (probe, 1) == 0
      && blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE) == 0)
    rc = blkid_do_safeprobe (probe);
  if (rc == 0 && blkid_probe_lookup_value (probe, "TYPE", &type, NULL) == 0) {
    g_free (pins->fs.type);
    pins->fs.type = g_strdup (type);
  }
  blkid_free_probe (probe);
  if (type != NULL)
    return check_is_among (request, pins, error);
  return fail (pins, EINVAL,
               rc == -2 ? "traces of more than one filesystem: name the fstype"
                        : "no filesystem that is known was found: name the fstype",
               error);
}

/* libblkid looks into /sys: only where the service's own is. */
gboolean
linx_fstype_detect (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", pins->source.fd);
  int fd = openat (linx_process_proc_fd (), link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gboolean ok;

  if (fd < 0)
    return fail (pins, errno, errno == EACCES ? "it may not be read: name the fstype" : NULL,
                 error);
  ok = linx_namespace_enter_own (error) && probe (fd, request, pins, error);
  close (fd);
  return ok && linx_namespace_enter (pins, LINX_IN, error);
}
