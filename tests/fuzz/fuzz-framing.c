/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the bus sends, in pieces of the size that the first byte says and all at once: what passes
 * is the same.
 */

#include "bus/framing.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

typedef struct {
  LinxFraming framing;
  GByteArray *waiting;
  GByteArray *passed;
  guint refused;
  gboolean broken;
} Stream;

/* What the policy, which knows of none, is of: the stream under way. */
static Stream *current;

/* Which of them is let by has to be the same in both. */
static gboolean
admit (const char *sender, gsize bytes, gboolean is_call)
{
  g_assert_true (sender == NULL || strlen (sender) < LINX_FRAMING_FIELDS);
  return !is_call || bytes % 3 != 0;
}

static void
refuse (const char *sender, guint32 serial, LinxFramingReason reason)
{
  (void)serial;
  g_assert_cmpuint (strlen (sender), <, LINX_FRAMING_FIELDS);
  current->refused += reason == LINX_FRAMING_NOT_ADMITTED ? 1 : 1000;
}

static void
feed (Stream *stream, const guint8 *bytes, gsize size)
{
  LinxFramingVerdict verdict = LINX_FRAMING_PASS;
  gsize n;

  g_byte_array_append (stream->waiting, bytes, (guint)size);
  while (stream->waiting->len > 0 && verdict <= LINX_FRAMING_DROP && !stream->broken) {
    verdict = linx_framing_take (&stream->framing, stream->waiting->data, stream->waiting->len, &n);
    if (verdict == LINX_FRAMING_PASS)
      g_byte_array_append (stream->passed, stream->waiting->data, (guint)n);
    stream->broken = verdict == LINX_FRAMING_BROKEN;
    g_byte_array_remove_range (stream->waiting, 0, (guint)n);
  }
  g_assert_true (stream->broken || stream->waiting->len < LINX_FRAMING_HEADER);
}

static void
run (Stream *stream, const guint8 *bytes, gsize size, gsize piece)
{
  static const LinxFramingPolicy policy = { .admit = admit, .refuse = refuse };

  current = stream;
  *stream = (Stream){ .framing = { .policy = &policy, .began = TRUE },
                      .waiting = g_byte_array_new (),
                      .passed = g_byte_array_new () };
  for (gsize at = 0; at < size; at += piece)
    feed (stream, bytes + at, MIN (piece, size - at));
}

static void
end (Stream *stream)
{
  g_byte_array_unref (stream->waiting);
  g_byte_array_unref (stream->passed);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
  Stream whole, pieces;

  if (size < 2)
    return 0;
  run (&whole, bytes + 1, size - 1, size);
  run (&pieces, bytes + 1, size - 1, bytes[0] + 1U);
  g_assert_cmpint (whole.broken, ==, pieces.broken);
  g_assert_cmpuint (whole.refused, ==, pieces.refused);
  g_assert_cmpmem (whole.passed->data, whole.passed->len, pieces.passed->data, pieces.passed->len);
  end (&whole);
  end (&pieces);
  return 0;
}
