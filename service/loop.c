/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loop.h"
#include "linx-error.h"
#include "namespace.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How often a free device is asked for that somebody else takes first. */
#define MOST_TRIES 64

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_LOOP, err, pins->source, words);
}

static gboolean
is_read_only (const LinxRequest *request, const LinxPins *pins)
{
  return pins->source_read_only || (request->options->attr.set & MOUNT_ATTR_RDONLY) != 0;
}

static int
open_file (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", pins->fd[LINX_PIN_SOURCE]);
  int flags = (is_read_only (request, pins) ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
  int fd, err;

  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return -1;
  fd = openat (linx_process_proc_fd (), link, flags);
  err = errno;
  if (!linx_caller_resume (fd >= 0 ? error : NULL) && fd >= 0) {
    close (fd);
    return -1;
  }
  if (fd < 0)
    fail (pins, err, NULL, error);
  return fd;
}

/* One try at a free device. Returns it; -1 with EBUSY: it was taken meanwhile. */
static int
configure_free (int control, int file, const LinxRequest *request, gboolean read_only, char **path)
{
  struct loop_config config
      = { .fd = (__u32)file,
          .info = { .lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
                    .lo_offset = request->options->offset,
                    .lo_sizelimit = request->options->size_limit } };
  int number = ioctl (control, LOOP_CTL_GET_FREE);
  int loop, err;

  if (number < 0)
    return -1;
  g_free (*path);
  *path = g_strdup_printf ("/dev/loop%d", number);
  loop = open (*path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
  if (loop < 0 || ioctl (loop, LOOP_CONFIGURE, &config) == 0)
    return loop;
  err = errno;
  close (loop);
  errno = err;
  return -1;
}

/* The kernel would make an empty device, and the filesystem find nothing on it. */
static gboolean
check_offset (int file, const LinxRequest *request, const LinxPins *pins, GError **error)
{
  struct stat stat;

  if (fstat (file, &stat) < 0)
    return fail (pins, errno, NULL, error);
  return request->options->offset < (guint64)stat.st_size
             ? TRUE
             : fail (pins, EINVAL, "nothing of the file is at 'offset'", error);
}

static int
configure (int file, const LinxRequest *request, const LinxPins *pins, char **path, GError **error)
{
  int control = open ("/dev/loop-control", O_RDWR | O_CLOEXEC);
  int loop = -1, tries = 0;
  gboolean read_only = is_read_only (request, pins);

  if (control < 0) {
    linx_error_set (error, LINX_MOUNT_STAGE_LOOP, errno, "/dev/loop-control", NULL);
    return -1;
  }
  do
    loop = configure_free (control, file, request, read_only, path);
  while (loop < 0 && (errno == EBUSY || errno == ENXIO) && ++tries < MOST_TRIES);
  if (loop < 0)
    fail (pins, errno, NULL, error);
  close (control);
  return loop;
}

gboolean
linx_loop_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device, GError **error)
{
  int file = open_file (request, pins, error);
  struct stat node;

  if (file < 0)
    return FALSE;
  if (check_offset (file, request, pins, error) && linx_namespace_enter_own (error))
    device->fd = configure (file, request, pins, &device->path, error);
  close (file);
  if (device->fd < 0)
    return FALSE;
  if (fstat (device->fd, &node) < 0)
    return fail (pins, errno, NULL, error);
  device->major = major (node.st_rdev);
  device->minor = minor (node.st_rdev);
  return TRUE;
}
