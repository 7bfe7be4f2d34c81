/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/account.h"
#include "kernel/process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Numbers that no uid is: they take more than 32 bits. */
#define UID_0_WITHOUT_POWER ((LinxAccount)1 << 32)
#define NAMESPACE ((LinxAccount)2 << 32)

static gboolean
find_uid_0 (pid_t pid, int pidfd, LinxAccount *account)
{
  LinxProcessStatus status;

  if (linx_process_status (pid, pidfd, &status) != 0)
    return FALSE;
  *account
      = (status.cap_eff & (1ULL << CAP_SYS_ADMIN)) != 0 ? LINX_ACCOUNT_ROOT : UID_0_WITHOUT_POWER;
  return TRUE;
}

/* Of those that a process is in, the one whose parent is the initial one. */
static int
open_outermost (pid_t pid)
{
  int userns = linx_process_open (pid, "ns/user", O_RDONLY);
  int parent = userns >= 0 ? ioctl (userns, NS_GET_PARENT) : -1;

  while (parent >= 0 && linx_ns_fd_inode (parent) != LINX_INITIAL_USERNS) {
    close (userns);
    userns = parent;
    parent = ioctl (userns, NS_GET_PARENT);
  }
  if (parent >= 0)
    close (parent);
  return userns;
}

/* Whoever made it can be any uid that is mapped there (newuidmap(1)). */
static gboolean
find_in_namespace (pid_t pid, LinxAccount *account)
{
  int userns = open_outermost (pid);
  uid_t owner = 0;
  gboolean ok = userns >= 0 && ioctl (userns, NS_GET_OWNER_UID, &owner) == 0;

  if (ok)
    *account = owner != 0 ? owner : NAMESPACE | linx_ns_fd_inode (userns);
  if (userns >= 0)
    close (userns);
  return ok;
}

gboolean
linx_account_find (uid_t uid, pid_t pid, int pidfd, LinxAccount *account)
{
  gboolean ok = TRUE;

  *account = uid;
  if (!linx_process_in_initial_userns (pid))
    ok = find_in_namespace (pid, account);
  else if (uid == 0)
    ok = find_uid_0 (pid, pidfd, account);
  return ok && linx_process_alive (pidfd);
}

GHashTable *
linx_account_table_new (GDestroyNotify free_value)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_value);
}

void
linx_account_table_set (GHashTable *table, LinxAccount account, gpointer value)
{
  g_hash_table_replace (table, g_memdup2 (&account, sizeof account), value);
}
