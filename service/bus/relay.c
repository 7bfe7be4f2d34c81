/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/relay.h"
#include "bus/input.h"
#include "bus/message-fds.h"
#include "bus/message-filter.h"
#include "bus/relay-fds.h"
#include "linx-error.h"
#include "worker/async-close.h"

#include <errno.h>
#include <gio/gunixconnection.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (128U << 10)
#define MAX_BUFFERS 16

G_STATIC_ASSERT (BUFFER_BYTES > LINX_FRAMING_HEADER);

/* One direction. Of the messages in its buffer only the first and the last have descriptors: the
 * kernel reads no further than to some (unix(7)). */
typedef struct {
  int from;
  int to;
  gboolean is_in; /* from the bus: what comes is a caller's */
  LinxFraming framing;
  gsize start;
  gsize passing; /* bytes from there on that are to be written */
  gsize end;
  LinxRelayFds first;
  LinxRelayFds last;
  LinxRelayFds sending; /* with the first byte that is to be written */
  guint8 buffer[BUFFER_BYTES];
} Way;

typedef struct {
  GSource source;
  GIOStream *bus;
  int own;
  GSocket *other; /* the end that GDBus has */
  gpointer bus_tag;
  gpointer own_tag;
  GIOCondition bus_wanted;
  GIOCondition own_wanted;
  Way in;
  Way out;
} Relay;

/* Whether the descriptors of the message that comes next are of one who has too many that nobody
 * can close. @size: (out): how much to receive, so that it is of that message alone. */
static gboolean
are_too_many (Way *way, gsize *size)
{
  gsize missing = linx_framing_missing (&way->framing, way->buffer, way->end);
  const char *sender;
  gsize length;
  gssize n;

  if (missing > 0) {
    *size = MIN (missing, *size);
    return FALSE;
  }
  n = linx_relay_fds_peek (way->from, way->buffer, *size);
  sender = linx_framing_sender (way->buffer, n > 0 ? (gsize)n : 0, &length);
  *size = length > 0 ? MIN (length, *size) : *size;
  return sender == NULL
         || linx_async_close_has_too_many (linx_message_filter_known_account_of (sender));
}

static gssize
receive (Way *way)
{
  guint8 *at = way->buffer + way->end;
  gsize size = BUFFER_BYTES - way->end;

  if (way->is_in && way->framing.began && linx_async_close_has_too_many_of_some ()
      && are_too_many (way, &size))
    return linx_relay_fds_receive_without (way->from, at, size, &way->last);
  return linx_relay_fds_receive (way->from, at, size, &way->last);
}

/* FALSE: there will be no more. */
static gboolean
fill (Way *way)
{
  gssize n;

  memmove (way->buffer, way->buffer + way->start, way->end - way->start);
  way->end -= way->start;
  way->start = 0;
  n = receive (way);
  if (n < 0)
    return errno == EAGAIN || errno == EINTR;
  way->end += (gsize)n;
  return n > 0;
}

/* The verdict on what is behind what passes. */
static LinxFramingVerdict
take (Way *way, gsize *n)
{
  gsize at = way->start + way->passing;

  if (way->framing.began)
    return linx_framing_take (&way->framing, way->buffer + at, way->end - at, n);
  *n = way->is_in ? way->end - at
                  : linx_framing_find_begin (&way->framing, way->buffer + at, way->end - at);
  return LINX_FRAMING_PASS;
}

/* The descriptors of the next @n bytes, which are of one message. */
static void
take_fds (Way *way, gsize n, LinxRelayFds *fds)
{
  linx_relay_fds_move (&way->first, fds);
  if (way->start + way->passing + n == way->end)
    linx_relay_fds_move (&way->last, fds);
}

static LinxAccount
account_of (const guint8 *bytes, gsize size)
{
  gsize length;
  const char *sender = linx_framing_sender (bytes, size, &length);

  return sender != NULL ? linx_message_filter_known_account_of (sender) : LINX_ACCOUNT_NOBODY;
}

/* A caller's go no further. */
static void
drop (Way *way, gsize n, gboolean is_start)
{
  guint8 *at = way->buffer + way->start + way->passing;
  LinxRelayFds fds = { .n = 0 };

  take_fds (way, n, &fds);
  if (fds.n > 0)
    linx_async_close_untrusted (is_start ? account_of (at, n) : LINX_ACCOUNT_NOBODY, fds.fd, fds.n);
  memmove (at, at + n, way->end - way->start - way->passing - n);
  way->end -= n;
}

/* What passes next, of one message. Its descriptors go on with its first byte; those of a caller
 * by hand, for each copy of theirs that is closed may wait for them. */
static void
pass (Way *way, gsize n, gboolean is_start)
{
  const guint8 *at = way->buffer + way->start + way->passing;

  take_fds (way, n, &way->sending);
  way->passing += n;
  if (!way->is_in || !linx_relay_fds_are (&way->sending))
    return;
  if (is_start && way->framing.began)
    linx_message_fds_hand_over (linx_framing_serial (at), way->sending.fd, way->sending.n);
  else
    linx_async_close_untrusted (LINX_ACCOUNT_NOBODY, way->sending.fd, way->sending.n);
  way->sending.n = 0;
  way->sending.lost = FALSE;
}

/* Says what passes next: all messages at once where none has descriptors. FALSE: they are none. */
static gboolean
judge (Way *way)
{
  gboolean has_fds = linx_relay_fds_are (&way->first) || linx_relay_fds_are (&way->last);

  while (way->start + way->passing < way->end && (!has_fds || way->passing == 0)) {
    gboolean is_start = way->framing.left == 0;
    gsize n;
    LinxFramingVerdict verdict = take (way, &n);

    if (verdict == LINX_FRAMING_BROKEN)
      return FALSE;
    if (verdict == LINX_FRAMING_MORE) {
      linx_relay_fds_move (&way->last, &way->first);
      return TRUE;
    }
    if (verdict == LINX_FRAMING_DROP)
      drop (way, n, is_start);
    else
      pass (way, n, is_start);
  }
  return TRUE;
}

/* FALSE: it cannot be written any more. */
static gboolean
put (Way *way)
{
  gssize n = linx_relay_fds_send (way->to, way->buffer + way->start, way->passing, &way->sending);

  if (n < 0)
    return errno == EAGAIN || errno == EINTR;
  linx_relay_fds_close (&way->sending);
  way->start += (gsize)n;
  way->passing -= (gsize)n;
  return TRUE;
}

/* As far as there is room for it. FALSE: the end. */
static gboolean
drain (Way *way)
{
  for (;;) {
    if (way->passing == 0 && !judge (way))
      return FALSE;
    if (way->passing == 0)
      return TRUE;
    if (!put (way))
      return FALSE;
    if (way->passing > 0)
      return TRUE;
  }
}

/* So much at a time: others of this thread take turns. What is dropped takes less time than GDBus
 * does for one message. FALSE: the end. */
static gboolean
pump (Way *way, gboolean is_readable)
{
  if (!drain (way))
    return FALSE;
  for (guint i = 0; i < MAX_BUFFERS && way->passing == 0 && is_readable; i++) {
    if (!fill (way))
      return FALSE;
    is_readable = way->end == BUFFER_BYTES;
    if (!drain (way))
      return FALSE;
  }
  return TRUE;
}

static void
note_what_waits (const Relay *relay)
{
  const Way *in = &relay->in;
  gssize sent = g_socket_get_available_bytes (relay->other);
  gsize unsent = in->passing + (in->framing.drops ? 0 : in->framing.left);

  linx_input_set_waiting ((sent > 0 ? (gsize)sent : 0) + unsent);
}

static gboolean
has_come (GSource *source, gpointer tag)
{
  return (g_source_query_unix_fd (source, tag) & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0;
}

/* Each change wakes the context up. */
static void
want (GSource *source, gpointer tag, GIOCondition *wanted, const Way *from, const Way *to)
{
  GIOCondition now = (from->passing == 0 ? G_IO_IN : 0) | (to->passing > 0 ? G_IO_OUT : 0);

  if (now != *wanted)
    g_source_modify_unix_fd (source, tag, now);
  *wanted = now;
}

static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_data)
{
  Relay *relay = (Relay *)source;

  (void)unused;
  (void)unused_data;
  if (has_come (source, relay->bus_tag))
    note_what_waits (relay);
  if (!pump (&relay->in, has_come (source, relay->bus_tag))
      || !pump (&relay->out, has_come (source, relay->own_tag))) {
    shutdown (relay->own, SHUT_RDWR);
    shutdown (relay->in.from, SHUT_RDWR);
    return G_SOURCE_REMOVE;
  }
  relay->in.framing.began = relay->out.framing.began;
  want (source, relay->bus_tag, &relay->bus_wanted, &relay->in, &relay->out);
  want (source, relay->own_tag, &relay->own_wanted, &relay->out, &relay->in);
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  Relay *relay = (Relay *)source;

  linx_async_close_untrusted (LINX_ACCOUNT_NOBODY, relay->in.first.fd, relay->in.first.n);
  linx_async_close_untrusted (LINX_ACCOUNT_NOBODY, relay->in.last.fd, relay->in.last.n);
  close (relay->own);
  g_object_unref (relay->other);
  g_object_unref (relay->bus);
}

/* Takes @bus, @own and @other over. */
static void
start (GIOStream *bus, int own, GSocket *other, const LinxFraming *in, GMainContext *context)
{
  static GSourceFuncs funcs = { .dispatch = dispatch, .finalize = finalize };
  g_autoptr (GSource) source = g_source_new (&funcs, sizeof (Relay));
  Relay *relay = (Relay *)source;
  int fd = g_socket_get_fd (g_socket_connection_get_socket (G_SOCKET_CONNECTION (bus)));

  relay->bus = bus;
  relay->own = own;
  relay->other = other;
  relay->in.is_in = TRUE;
  relay->in.framing = *in;
  relay->in.from = relay->out.to = fd;
  relay->in.to = relay->out.from = own;
  relay->bus_wanted = relay->own_wanted = G_IO_IN;
  relay->bus_tag = g_source_add_unix_fd (source, fd, relay->bus_wanted);
  relay->own_tag = g_source_add_unix_fd (source, own, relay->own_wanted);
  g_source_set_static_name (source, "relay");
  /* It does not; but a source that may not is taken out of the poll for each dispatch, and the
   * context woken up for each of its descriptors. */
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, context);
}

GIOStream *
linx_relay_start (GIOStream *bus, GMainContext *context, const LinxFramingPolicy *policy,
                  GError **error)
{
  const LinxFraming in = { .policy = policy };
  GSocket *other;
  int pair[2];

  if (!G_IS_UNIX_CONNECTION (bus)
      || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    linx_error_set (error, LINX_MOUNT_STAGE_PIPE, G_IS_UNIX_CONNECTION (bus) ? errno : ENOTSUP,
                    "the bus's socket", NULL);
    g_object_unref (bus);
    return NULL;
  }
  other = g_socket_new_from_fd (pair[1], error);
  if (other != NULL) {
    GIOStream *stream = g_object_new (G_TYPE_UNIX_CONNECTION, "socket", other, NULL);

    start (bus, pair[0], other, &in, context);
    return stream;
  }
  close (pair[0]);
  close (pair[1]);
  g_object_unref (bus);
  return NULL;
}
