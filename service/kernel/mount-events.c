/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mount-events.h"
#include "kernel/mountinfo.h"
#include "kernel/row.h"
#include "kernel/sys.h"
#include "linx-error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/mount.h>

#define FLAGS (LINX_FAN_REPORT_MNT | FAN_CLOEXEC | FAN_NONBLOCK)

/* One event is 40 bytes. */
#define BUFFER_BYTES 16384
/* Of groups at once: each waits for the kernel alone, and ends. */
#define MAX_CLOSERS 32

static int
fail (GError **error, const char *what)
{
  linx_error_set (error, LINX_MOUNT_STAGE_WATCH, errno, what, NULL);
  return -1;
}

gboolean
linx_mount_events_are_there (void)
{
  int fd = (int)syscall (SYS_fanotify_init, FLAGS, O_RDONLY);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

/* Groups that nobody needs any more, and those of them that the kernel has let go. */
static GMutex lock;
static GCond on_closed;
static guint64 left, closed;
static GThreadPool *closers;

static void
close_group (gpointer fd, gpointer unused)
{
  (void)unused;
  close (GPOINTER_TO_INT (fd));
  g_mutex_lock (&lock);
  closed++;
  g_cond_broadcast (&on_closed);
  g_mutex_unlock (&lock);
}

void
linx_mount_events_close (int *fd)
{
  g_mutex_lock (&lock);
  left++;
  g_mutex_unlock (&lock);
  if (closers == NULL)
    closers = g_thread_pool_new (close_group, NULL, MAX_CLOSERS, FALSE, NULL);
  g_thread_pool_push (closers, GINT_TO_POINTER (*fd), NULL);
  *fd = -1;
}

/* Waits until another one is let go. FALSE: there is none that could be. */
static gboolean
wait_for_group (guint64 before)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  while (closed == before && left > closed)
    g_cond_wait (&on_closed, &lock);
  return closed > before;
}

static guint64
count_closed (void)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  return closed;
}

/* There are so many of a user (fs.fanotify.max_user_groups), here root; before it lets one go the
 * kernel waits for others. */
static int
open_group (void)
{
  guint64 before;
  int fd;

  do {
    before = count_closed ();
    fd = (int)syscall (SYS_fanotify_init, FLAGS, O_RDONLY);
  } while (fd < 0 && errno == EMFILE && wait_for_group (before));
  return fd;
}

int
linx_mount_events_open (int ns_fd, GError **error)
{
  int fd = open_group ();

  if (fd < 0)
    return fail (error, "fanotify");
  if (fanotify_mark (fd, FAN_MARK_ADD | LINX_FAN_MARK_MNTNS,
                     LINX_FAN_MNT_ATTACH | LINX_FAN_MNT_DETACH, ns_fd, NULL)
      == 0)
    return fd;
  fail (error, "mount namespace");
  close (fd);
  return -1;
}

/* Returns whether the event says enough. */
static gboolean
take_event (const struct fanotify_event_metadata *event, GArray *touched)
{
  const guint64 moved = LINX_FAN_MNT_ATTACH | LINX_FAN_MNT_DETACH;
  const struct linx_fanotify_info_mnt *info = (gconstpointer)(event + 1);
  guint64 id;

  if (event->event_len < sizeof *event + sizeof *info || info->type != LINX_FAN_EVENT_INFO_TYPE_MNT)
    return FALSE;
  id = info->mnt_id;
  g_array_append_val (touched, id);
  return (event->mask & moved) != moved;
}

static void
keep_one_of_each (GArray *ids)
{
  guint n = 0;

  g_array_sort (ids, linx_mount_id_compare);
  for (guint i = 0; i < ids->len; i++)
    if (i == 0 || g_array_index (ids, guint64, i) != g_array_index (ids, guint64, n - 1))
      g_array_index (ids, guint64, n++) = g_array_index (ids, guint64, i);
  g_array_set_size (ids, n);
}

gboolean
linx_mount_events_read (int fd, GArray *touched)
{
  g_autofree char *buffer = g_malloc (BUFFER_BYTES);
  gboolean all = TRUE;
  ssize_t n;

  while ((n = read (fd, buffer, BUFFER_BYTES)) > 0)
    for (struct fanotify_event_metadata *event = (gpointer)buffer; FAN_EVENT_OK (event, n);
         event = FAN_EVENT_NEXT (event, n))
      all = take_event (event, touched) && all;
  keep_one_of_each (touched);
  return !all;
}

static int
make_empty_mount (void)
{
  int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);
  int mount = -1, err;

  if (context >= 0 && fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    mount = fsmount (context, FSMOUNT_CLOEXEC, 0);
  err = errno;
  if (context >= 0)
    close (context);
  errno = err;
  return mount;
}

int
linx_mount_poller_open (GError **error)
{
  int mount = make_empty_mount ();
  int fd;

  if (mount < 0)
    return fail (error, "tmpfs");
  fd = fchdir (mount) == 0 && chroot (".") == 0 ? linx_mountinfo_open_own () : -1;
  if (fd < 0)
    fail (error, "mountinfo");
  close (mount);
  return fd;
}
