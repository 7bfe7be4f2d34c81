/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/loop.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "lookup/namespace.h"
#include "source/loop-scan.h"
#include "worker/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How often a free device is asked for that somebody else takes first. */
#define MAX_TRIES 64

/* Files that a call looks for, or attaches, just now, by the device and the inode. */
static GMutex attaching_lock;
static GCond attaching_changed;
static GHashTable *attaching;

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_LOOP, err, pins->source.path, words);
}

static gboolean
is_read_only (const LinxRequest *request, const LinxPins *pins)
{
  return pins->source.read_only || (request->options->attr.set & MOUNT_ATTR_RDONLY) != 0;
}

static int
open_file (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_autofree char *link = g_strdup_printf ("thread-self/fd/%d", pins->source.fd);
  int flags = (is_read_only (request, pins) ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
  int fd, err;

  if (!linx_credentials_assume (&pins->sender.credentials, error))
    return -1;
  fd = openat (linx_process_proc_fd (), link, flags);
  err = errno;
  if (!linx_credentials_resume (fd >= 0 ? error : NULL) && fd >= 0) {
    close (fd);
    return -1;
  }
  if (fd < 0)
    fail (pins, err, NULL, error);
  return fd;
}

/* One try at a free device. Returns it; -1 with EBUSY: it was taken meanwhile. */
static int
configure_free (int control, int file, const LinxRequest *request, gboolean read_only,
                guint *number)
{
  struct loop_config config
      = { .fd = (__u32)file,
          .info = { .lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
                    .lo_offset = request->options->offset,
                    .lo_sizelimit = request->options->size_limit } };
  int free = ioctl (control, LOOP_CTL_GET_FREE);
  g_autofree char *path = g_strdup_printf ("/dev/loop%d", free);
  int loop, err;

  if (free < 0)
    return -1;
  *number = (guint)free;
  loop = open (path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
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
configure (int file, const LinxRequest *request, const LinxPins *pins, guint *number,
           GError **error)
{
  int control = open ("/dev/loop-control", O_RDWR | O_CLOEXEC);
  int loop = -1, tries = 0;
  gboolean read_only = is_read_only (request, pins);

  if (control < 0) {
    linx_error_set (error, LINX_MOUNT_STAGE_LOOP, errno, "/dev/loop-control", NULL);
    return -1;
  }
  do
    loop = configure_free (control, file, request, read_only, number);
  while (loop < 0 && (errno == EBUSY || errno == ENXIO) && ++tries < MAX_TRIES);
  if (loop < 0)
    fail (pins, errno, NULL, error);
  close (control);
  return loop;
}

static gboolean
refuse (LinxLoopMatch match, guint number, const LinxPins *pins, GError **error)
{
  static const char *const reasons[] = {
    [LINX_LOOP_SAME] = "is attached to it already, and 'exclusive' was asked for",
    [LINX_LOOP_MODE] = "is attached to it already, with the other write mode",
    [LINX_LOOP_OVERLAPS] = "is attached to a part of it already",
    [LINX_LOOP_SILENT] = "seems to be attached to it, and its file does not answer",
  };
  g_autofree char *words = g_strdup_printf ("/dev/loop%u %s", number, reasons[match]);

  return fail (pins, EBUSY, words, error);
}

static LinxLoopRange
range_of (const LinxRequest *request, const LinxPins *pins)
{
  const LinxFileId *id = &pins->source.place.id;

  return (LinxLoopRange){ .device = makedev (id->major, id->minor),
                          .inode = id->inode,
                          .name = pins->source.place.path,
                          .offset = request->options->offset,
                          .size_limit = request->options->size_limit,
                          .read_only = is_read_only (request, pins) };
}

/* What is attached already: to be used, or why not. */
static int
use_attached (LinxLoopMatch match, guint number, int fd, const LinxRequest *request, LinxPins *pins,
              GError **error)
{
  pins->source.loop_shared = match == LINX_LOOP_SAME;
  if (match == LINX_LOOP_SAME && !request->exclusive)
    return fd;
  if (match == LINX_LOOP_SAME)
    close (fd);
  refuse (match, number, pins, error);
  return -1;
}

/* Between the look and the attaching only what is not of the service comes: that is looked for
 * again, and is what is used. */
static int
attach (int file, const LinxRequest *request, LinxPins *pins, guint *number, GError **error)
{
  const LinxLoopRange range = range_of (request, pins);
  guint other;
  int fd, shared;
  LinxLoopMatch match = linx_loop_scan (&range, G_MAXUINT, number, &shared);

  if (match != LINX_LOOP_FREE)
    return use_attached (match, *number, shared, request, pins, error);
  pins->source.loop_shared = FALSE;
  fd = configure (file, request, pins, number, error);
  if (fd < 0)
    return -1;
  match = linx_loop_scan (&range, *number, &other, &shared);
  if (match == LINX_LOOP_FREE)
    return fd;
  close (fd);
  *number = other;
  return use_attached (match, other, shared, request, pins, error);
}

/* One call at a time for one file: two that saw nothing attached would make a device each. A file
 * that does not answer holds up the calls for itself alone. */
static int
attach_alone (int file, const LinxRequest *request, LinxPins *pins, guint *number, GError **error)
{
  const LinxFileId *id = &pins->source.place.id;
  g_autofree char *key
      = g_strdup_printf ("%u:%u:%" G_GUINT64_FORMAT, id->major, id->minor, id->inode);
  int fd;

  g_mutex_lock (&attaching_lock);
  if (attaching == NULL)
    attaching = g_hash_table_new (g_str_hash, g_str_equal);
  while (g_hash_table_contains (attaching, key))
    g_cond_wait (&attaching_changed, &attaching_lock);
  g_hash_table_add (attaching, key);
  g_mutex_unlock (&attaching_lock);
  fd = attach (file, request, pins, number, error);
  g_mutex_lock (&attaching_lock);
  g_hash_table_remove (attaching, key);
  g_cond_broadcast (&attaching_changed);
  g_mutex_unlock (&attaching_lock);
  return fd;
}

/* Whose filesystem it is already, it stays as it is. */
static gboolean
check_shared (const LinxRequest *request, const LinxPins *pins, gboolean approved, GError **error)
{
  if (pins->sender.privileged)
    return TRUE;
  if (pins->source.loop_shared && request->options->fs->len > 0)
    return fail (pins, EBUSY,
                 "it is attached already, and options would change a filesystem that is in use",
                 error);
  return pins->source.loop_shared == approved
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ESTALE, pins->source.path,
                               "it was attached, or let go of, since it was approved");
}

gboolean
linx_loop_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxLoopRange range = range_of (request, pins);
  LinxAsRoot suspended;
  guint number;
  int fd = -1;

  if (pins->sender.privileged)
    return TRUE;
  if (!linx_namespace_enter_own (error) || !linx_credentials_suspend (&suspended, error))
    return FALSE;
  pins->source.loop_shared = linx_loop_scan (&range, G_MAXUINT, &number, &fd) == LINX_LOOP_SAME;
  if (fd >= 0)
    close (fd);
  return linx_credentials_continue (&suspended, error)
         && linx_namespace_enter (pins, LINX_IN, error);
}

gboolean
linx_loop_open (const LinxRequest *request, LinxPins *pins, LinxDevice *device, GError **error)
{
  gboolean approved = pins->source.loop_shared;
  int file = open_file (request, pins, error);
  guint number = 0;
  struct stat node;

  if (file < 0)
    return FALSE;
  if (check_offset (file, request, pins, error) && linx_namespace_enter_own (error))
    device->fd = attach_alone (file, request, pins, &number, error);
  close (file);
  if (device->fd < 0 || !check_shared (request, pins, approved, error))
    return FALSE;
  if (fstat (device->fd, &node) < 0)
    return fail (pins, errno, NULL, error);
  device->path = g_strdup_printf ("/dev/loop%u", number);
  device->major = major (node.st_rdev);
  device->minor = minor (node.st_rdev);
  return TRUE;
}
