/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker-fds.h"
#include "kernel/process.h"
#include "worker/async-close.h"
#include "worker/fd-passing.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static GThreadPool *senders;

/* What a caller sent goes to the worker as O_PATH, if it is neither a namespace nor a pidfd:
 * closing that never waits for a filesystem, so no worker can get stuck on its way out. */
static int
safe_to_send (int fd)
{
  g_autofree char *link = g_strdup_printf ("self/fd/%d", fd);

  if (linx_process_is_nsfs (fd) || linx_process_is_pidfd (fd))
    return fcntl (fd, F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
  return openat (linx_process_proc_fd (), link, O_PATH | O_CLOEXEC);
}

/* Whether there is anything a caller sent: looking at that may wait for a filesystem. */
static gboolean
has_untrusted (const int *fds, guint n_fds, guint first_untrusted)
{
  for (guint i = first_untrusted; i < n_fds; i++)
    if (fds[i] >= 0)
      return TRUE;
  return FALSE;
}

/* What is to be sent. What callers sent stays good while the call's data lives, which the worker
 * sees to; the rest is copied, for a call that runs out of time lets go of it. */
typedef struct {
  int channel;
  guint n_fds;
  guint first_untrusted;
  int fds[LINX_MAX_FDS];
} Sending;

static void
send_or_hang_up (int channel, const int *fds, guint n_fds)
{
  if (!linx_fds_send (channel, fds, n_fds))
    shutdown (channel, SHUT_WR); /* the worker hears the end, and says so */
}

/* The worker waits meanwhile, and with it what callers sent. */
static void
send_in_pool (gpointer pool_data, gpointer unused)
{
  g_autofree Sending *sending = pool_data;

  (void)unused;
  for (guint i = sending->first_untrusted; i < sending->n_fds; i++)
    if (sending->fds[i] >= 0)
      sending->fds[i] = safe_to_send (sending->fds[i]);
  send_or_hang_up (sending->channel, sending->fds, sending->n_fds);
  for (guint i = 0; i < sending->n_fds; i++)
    if (sending->fds[i] >= 0)
      close (sending->fds[i]);
  close (sending->channel);
}

/* Whether there was room for all copies. */
static gboolean
copy_own (Sending *sending, int channel)
{
  gboolean ok = TRUE;

  sending->channel = fcntl (channel, F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
  for (guint i = 0; i < sending->first_untrusted; i++)
    if (sending->fds[i] >= 0) {
      sending->fds[i] = fcntl (sending->fds[i], F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
      ok = ok && sending->fds[i] >= 0;
    }
  return ok && sending->channel >= 0;
}

/* Never what callers sent. */
static void
sending_free (Sending *sending)
{
  linx_async_close_fd (sending->fds, sending->first_untrusted);
  linx_async_close_fd (&sending->channel, 1);
  g_free (sending);
}

void
linx_worker_fds_send (int channel, const int *fds, guint n_fds, guint first_untrusted)
{
  Sending *sending;

  if (!has_untrusted (fds, n_fds, first_untrusted)) {
    send_or_hang_up (channel, fds, n_fds);
    return;
  }
  sending = g_new0 (Sending, 1);
  sending->n_fds = n_fds;
  sending->first_untrusted = first_untrusted;
  memcpy (sending->fds, fds, sizeof (int) * n_fds);
  if (copy_own (sending, channel)) {
    g_thread_pool_push (senders, sending, NULL);
    return;
  }
  shutdown (channel, SHUT_WR);
  sending_free (sending);
}

void
linx_worker_fds_init (guint most)
{
  senders = g_thread_pool_new (send_in_pool, NULL, (int)most, FALSE, NULL);
}
