/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/worker-fds.h"
#include "kernel/process.h"
#include "worker/async-close.h"
#include "worker/fd-passing.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static GThreadPool *lenders;

/* What a caller lent goes to the worker as O_PATH, if it is neither a namespace nor a pidfd:
 * closing that never waits for a filesystem, so no worker can get stuck on its way out. */
static int
safe_to_lend (int fd)
{
  g_autofree char *link = g_strdup_printf ("self/fd/%d", fd);

  if (linx_process_is_nsfs (fd) || linx_process_is_pidfd (fd))
    return fcntl (fd, F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
  return openat (linx_process_proc_fd (), link, O_PATH | O_CLOEXEC);
}

/* Whether there is anything a caller lent: looking at that may wait for a filesystem. */
static gboolean
lends_untrusted (const int *fds, guint n_fds, guint first_lent)
{
  for (guint i = first_lent; i < n_fds; i++)
    if (fds[i] >= 0)
      return TRUE;
  return FALSE;
}

/* What is to be lent. What callers lent stays good while the call's data lives, which the worker
 * sees to; the rest is copied, for a call that runs out of time lets go of it. */
typedef struct {
  int channel;
  guint n_fds;
  guint first_lent;
  int fds[LINX_MAX_FDS];
} Lending;

static void
send_or_hang_up (int channel, const int *fds, guint n_fds)
{
  if (!linx_fds_send (channel, fds, n_fds))
    shutdown (channel, SHUT_WR); /* the worker hears the end, and says so */
}

/* The worker waits meanwhile, and with it what callers lent. */
static void
lend_in_pool (gpointer pool_data, gpointer unused)
{
  g_autofree Lending *lending = pool_data;

  (void)unused;
  for (guint i = lending->first_lent; i < lending->n_fds; i++)
    if (lending->fds[i] >= 0)
      lending->fds[i] = safe_to_lend (lending->fds[i]);
  send_or_hang_up (lending->channel, lending->fds, lending->n_fds);
  for (guint i = 0; i < lending->n_fds; i++)
    if (lending->fds[i] >= 0)
      close (lending->fds[i]);
  close (lending->channel);
}

/* Whether there was room for all copies. */
static gboolean
copy_own (Lending *lending, int channel)
{
  gboolean ok = TRUE;

  lending->channel = fcntl (channel, F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
  for (guint i = 0; i < lending->first_lent; i++)
    if (lending->fds[i] >= 0) {
      lending->fds[i] = fcntl (lending->fds[i], F_DUPFD_CLOEXEC, LINX_RESERVED_FDS);
      ok = ok && lending->fds[i] >= 0;
    }
  return ok && lending->channel >= 0;
}

/* Never what callers lent. */
static void
lending_free (Lending *lending)
{
  linx_async_close_fd (lending->fds, lending->first_lent);
  linx_async_close_fd (&lending->channel, 1);
  g_free (lending);
}

void
linx_worker_fds_send (int channel, const int *fds, guint n_fds, guint first_lent)
{
  Lending *lending;

  if (!lends_untrusted (fds, n_fds, first_lent)) {
    send_or_hang_up (channel, fds, n_fds);
    return;
  }
  lending = g_new0 (Lending, 1);
  lending->n_fds = n_fds;
  lending->first_lent = first_lent;
  memcpy (lending->fds, fds, sizeof (int) * n_fds);
  if (copy_own (lending, channel)) {
    g_thread_pool_push (lenders, lending, NULL);
    return;
  }
  shutdown (channel, SHUT_WR);
  lending_free (lending);
}

void
linx_worker_fds_init (guint most)
{
  lenders = g_thread_pool_new (lend_in_pool, NULL, (int)most, FALSE, NULL);
}
