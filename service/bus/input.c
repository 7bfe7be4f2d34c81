/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/input.h"
#include "bus/framing.h"
#include "bus/message-filter.h"

/* Of calls. A socket has room for it, so that the relay hardly ever waits. */
#define WAITING_BYTES (160U << 10)
#define PART_BYTES (WAITING_BYTES / LINX_QUOTA_PART)
/* One message always fits. */
#define WAITING_BYTES_OF_USER (LINX_FRAMING_HEADER + LINX_FRAMING_BODY)
#define LITTLE_BYTES 4096
#define FIRST_BYTES 512
/* Of messages of more than that, in a second. The worst there are take GDBus some 20 ms for 64 KiB.
 */
#define SECOND_BYTES (1U << 20)
#define SECOND_BYTES_OF_USER (256U << 10)

/* Of what is no call only the bytes: it is what the service has asked for, and takes no call's
 * place. */
typedef struct {
  gsize bytes;
  gboolean is_call;
  LinxAccount account;
} Message;

static GQueue messages = G_QUEUE_INIT;
static gsize messages_bytes;
static LinxQuota waiting = { .total = WAITING_BYTES,
                             .share = WAITING_BYTES_OF_USER,
                             .for_root = PART_BYTES,
                             .for_newcomers = 2 * PART_BYTES,
                             .little = LITTLE_BYTES };
static LinxQuota large; /* since @second began */
static gint64 second;

G_STATIC_ASSERT (WAITING_BYTES_OF_USER <= WAITING_BYTES - 3 * PART_BYTES);

void
linx_input_set_waiting (gsize bytes)
{
  const Message *first;

  while ((first = g_queue_peek_head (&messages)) != NULL
         && messages_bytes >= bytes + first->bytes) {
    g_autofree Message *read = g_queue_pop_head (&messages);

    messages_bytes -= read->bytes;
    if (read->is_call)
      linx_quota_remove (&waiting, read->account, read->bytes);
  }
}

static void
begin_second (gint64 now)
{
  g_clear_pointer (&large.accounts, g_hash_table_unref);
  large = (LinxQuota){ .share_of_root = G_MAXSIZE };
  linx_quota_init (&large, SECOND_BYTES, SECOND_BYTES_OF_USER);
  second = now;
}

static gboolean
enter_large (LinxAccount account, gsize bytes)
{
  gint64 now = g_get_monotonic_time ();

  if (large.total == 0 || now - second >= G_USEC_PER_SEC)
    begin_second (now);
  if (linx_quota_ask (&large, account, bytes) != LINX_QUOTA_OPEN)
    return FALSE;
  linx_quota_add (&large, account, bytes);
  return TRUE;
}

/* Of the part for newcomers a half is for those whose user is known, and for the first small
 * message of those whose user is not: anybody can make any number of connections that are new. */
static gboolean
has_place (LinxAccount account, gboolean is_known, gsize bytes)
{
  gboolean is_first = bytes <= FIRST_BYTES && linx_quota_of (&waiting, account) == 0;

  if (!is_known && !is_first && waiting.all + bytes > WAITING_BYTES - 2 * PART_BYTES)
    return FALSE;
  if (linx_quota_ask (&waiting, account, bytes) != LINX_QUOTA_OPEN)
    return FALSE;
  return bytes <= LITTLE_BYTES || enter_large (is_known ? account : LINX_ACCOUNT_NOBODY, bytes);
}

gboolean
linx_input_admit (const char *sender, gsize bytes, gboolean is_call)
{
  gboolean is_known = TRUE;
  LinxAccount account = is_call && sender != NULL
                            ? linx_message_filter_account_of (sender, &is_known)
                            : LINX_ACCOUNT_ROOT;
  Message *message;

  if (is_call && !has_place (account, is_known, bytes))
    return FALSE;
  message = g_new (Message, 1);
  *message = (Message){ bytes, is_call, account };
  g_queue_push_tail (&messages, message);
  messages_bytes += bytes;
  if (is_call)
    linx_quota_add (&waiting, account, bytes);
  return TRUE;
}
