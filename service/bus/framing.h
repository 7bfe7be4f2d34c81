/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/limits.h"

/*
 * Framing: where one message on a connection to the bus ends and the next one begins, by their
 * fixed headers alone, and which of them are too large to be read further.
 */

/* The largest body that is let by: what any argument may have. */
#define LINX_FRAMING_BODY ((guint32)LINX_MAX_ARGUMENT_BYTES)
/* The largest header fields: path, interface, member and names. */
#define LINX_FRAMING_FIELDS (16U << 10)
/* As much has to fit into a buffer that messages are taken from. */
#define LINX_FRAMING_HEADER (16 + LINX_FRAMING_FIELDS)

/** LinxFramingReason: why a call is dropped. */
typedef enum {
  LINX_FRAMING_TOO_LARGE,
  LINX_FRAMING_NOT_ADMITTED,
} LinxFramingReason;

/**
 * LinxFramingPolicy:
 * @admit: asked of each message that is not too large, with its @sender (nullable) and the @bytes
 *   of the whole; of what is no call, or is the bus's own, it is only told
 * @refuse: told of each call that was dropped, if its sender waits for an answer
 *
 * What those who look at messages say of them. Both are called before anything of them is passed
 * on.
 */
typedef struct {
  gboolean (*admit) (const char *sender, gsize bytes, gboolean is_call);
  void (*refuse) (const char *sender, guint32 serial, LinxFramingReason reason);
} LinxFramingPolicy;

/**
 * LinxFraming:
 * @policy: (nullable): where messages are bounded
 * @began: whether the authentication is over, and messages come: set by the one who knows
 *
 * One direction of a connection. The rest is its own.
 */
typedef struct {
  const LinxFramingPolicy *policy;
  gboolean began;
  gsize matched; /* bytes of the end of the authentication */
  gsize left;    /* bytes of the message under way */
  gboolean drops;
} LinxFraming;

/** LinxFramingVerdict: what becomes of bytes. */
typedef enum {
  LINX_FRAMING_PASS,
  LINX_FRAMING_DROP,
  LINX_FRAMING_MORE,   /* it takes more of them to say so */
  LINX_FRAMING_BROKEN, /* they are no messages */
} LinxFramingVerdict;

/**
 * linx_framing_take:
 * @framing: a direction
 * @bytes: what comes next in it
 * @size: how many there are
 * @n: (out): of how many the verdict is; they are of one message
 */
LinxFramingVerdict linx_framing_take (LinxFraming *framing, const guint8 *bytes, gsize size,
                                      gsize *n);

/**
 * linx_framing_missing:
 * @framing: a direction, where messages come
 * @bytes: what came and is not taken yet
 * @size: how many there are
 *
 * Returns: how many bytes more are surely of the same message, whose first byte came; 0: none came
 */
gsize linx_framing_missing (const LinxFraming *framing, const guint8 *bytes, gsize size);

/**
 * linx_framing_sender:
 * @bytes: what a message begins with
 * @size: how many there are
 * @length: (out): how large the whole message is; 0 where that is not said yet
 *
 * Returns: (nullable): who sent it, as far as they say
 */
const char *linx_framing_sender (const guint8 *bytes, gsize size, gsize *length);

/** linx_framing_serial: the serial of the message whose header @bytes begin with. */
guint32 linx_framing_serial (const guint8 *bytes);

/**
 * linx_framing_find_begin:
 * @framing: what a client sends
 * @bytes: what comes next in it
 * @size: how many there are
 *
 * Looks for the end of the authentication, after which the client, and the bus, send messages.
 *
 * Returns: how many of @bytes are before it; if it is among them, @framing began
 */
gsize linx_framing_find_begin (LinxFraming *framing, const guint8 *bytes, gsize size);
