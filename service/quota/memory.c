/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/memory.h"
#include "quota/quota.h"

#include <gio/gio.h>
#include <malloc.h>

/* Who has held so much gives it back to the kernel: else each thread's part of the heap keeps it.
 */
#define TRIM_BYTES (1 << 20)

static GMutex lock;
static GCond on_less;
static LinxQuota quota;
static __thread LinxMemory *own;

void
linx_memory_init (void)
{
  linx_quota_init (&quota, LINX_MEMORY_OF_ALL, LINX_MEMORY_OF_USER);
  quota.share_of_root = G_MAXSIZE;
}

void
linx_memory_use (LinxMemory *memory)
{
  own = memory;
}

static void
reserve_most (LinxMemory *memory)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  while (linx_quota_ask (&quota, memory->account, LINX_MEMORY_OF_CALL) != LINX_QUOTA_OPEN)
    g_cond_wait (&on_less, &lock);
  linx_quota_add (&quota, memory->account, LINX_MEMORY_OF_CALL);
  memory->reserved = LINX_MEMORY_OF_CALL;
}

gboolean
linx_memory_take (gsize bytes, GError **error)
{
  if (own == NULL)
    return TRUE;
  own->bytes += bytes;
  if (own->bytes > LINX_MEMORY_OF_ANY_CALL && own->reserved == 0)
    reserve_most (own);
  if (own->bytes <= MAX (own->reserved, LINX_MEMORY_OF_ANY_CALL))
    return TRUE;
  g_set_error (
      error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
      "more than %d MiB of the mount table: ask for pages with 'limit' and 'after', or for "
      "less with 'fields'",
      LINX_MEMORY_OF_CALL >> 20);
  return FALSE;
}

void
linx_memory_give_back (gsize bytes)
{
  if (own != NULL)
    own->bytes -= bytes;
}

void
linx_memory_settle (LinxMemory *memory)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (memory->reserved <= memory->bytes)
    return;
  locker = g_mutex_locker_new (&lock);
  linx_quota_remove (&quota, memory->account, memory->reserved - memory->bytes);
  memory->reserved = memory->bytes;
  g_cond_broadcast (&on_less);
}

void
linx_memory_clear (LinxMemory *memory)
{
  if (memory->reserved > TRIM_BYTES)
    malloc_trim (0);
  memory->bytes = 0;
  linx_memory_settle (memory);
}
