/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/framing.h"

#include <string.h>

/* The D-Bus specification, "Message Protocol". */
#define FIXED_BYTES 16
#define MAX_FIELD_BYTES (64U << 20)
#define MAX_MESSAGE_BYTES (128U << 20)
#define METHOD_CALL 1
#define NO_REPLY_EXPECTED 1
#define SENDER 7
#define BUS_NAME "org.freedesktop.DBus"

/* Without the client's first line, which nothing is before. */
static const char begin[] = "\nBEGIN\r\n";

/* What the fixed header says. */
typedef struct {
  gboolean is_big_endian;
  guint8 type;
  guint8 flags;
  guint32 body;
  guint32 serial;
  guint32 fields;
  gsize end_of_fields; /* without padding */
} Header;

static guint32
number_at (const guint8 *bytes, gboolean is_big_endian)
{
  guint32 number;

  memcpy (&number, bytes, sizeof number);
  return is_big_endian ? GUINT32_FROM_BE (number) : GUINT32_FROM_LE (number);
}

static gsize
align (gsize offset, gsize to)
{
  return (offset + to - 1) / to * to;
}

static gsize
size_of (const Header *header)
{
  return align (header->end_of_fields, 8) + header->body;
}

static gboolean
read_header (const guint8 *bytes, Header *header)
{
  if (bytes[0] != 'l' && bytes[0] != 'B')
    return FALSE;
  header->is_big_endian = bytes[0] == 'B';
  header->type = bytes[1];
  header->flags = bytes[2];
  header->body = number_at (bytes + 4, header->is_big_endian);
  header->serial = number_at (bytes + 8, header->is_big_endian);
  header->fields = number_at (bytes + 12, header->is_big_endian);
  header->end_of_fields = FIXED_BYTES + (gsize)header->fields;
  return header->fields <= MAX_FIELD_BYTES && header->body <= MAX_MESSAGE_BYTES
         && size_of (header) <= MAX_MESSAGE_BYTES;
}

/* A field's value: where it ends; 0 where it is of no type that fields have, or not whole. */
static gsize
end_of_value (const guint8 *bytes, const Header *header, char type, gsize start, gsize *text)
{
  static const char simple_types[] = "ybnqiuxtdh";
  static const gsize sizes[] = { 1, 4, 2, 2, 4, 4, 8, 8, 8, 4 };
  const char *simple = type != '\0' ? strchr (simple_types, type) : NULL;
  gsize length;

  if (simple != NULL)
    return align (start, sizes[simple - simple_types]) + sizes[simple - simple_types];
  if (type == 'g') {
    *text = start + 1;
    return start < header->end_of_fields ? start + 1 + bytes[start] + 1 : 0;
  }
  start = align (start, 4);
  if ((type != 's' && type != 'o') || start + 4 > header->end_of_fields)
    return 0;
  length = number_at (bytes + start, header->is_big_endian);
  *text = start + 4;
  return length <= header->fields ? start + 4 + length + 1 : 0;
}

/* A field is a struct of its code and a variant: the code, a signature of one type, the value.
 * Returns: the sender; NULL where there is none, or none that can be read */
static const char *
find_sender (const guint8 *bytes, const Header *header)
{
  gsize at = FIXED_BYTES;

  while (at + 4 <= header->end_of_fields) {
    gsize text = 0;
    gsize end
        = bytes[at + 1] == 1 ? end_of_value (bytes, header, (char)bytes[at + 2], at + 4, &text) : 0;

    if (end == 0 || end > header->end_of_fields)
      return NULL;
    if (bytes[at] == SENDER)
      return text > 0 && bytes[end - 1] == '\0' ? (const char *)bytes + text : NULL;
    at = align (end, 8);
  }
  return NULL;
}

/* The bus's own are as large as it is. A call whose sender cannot be told is nobody's. */
static gboolean
is_dropped (const LinxFramingPolicy *policy, const guint8 *bytes, const Header *header)
{
  gboolean is_large = header->body > LINX_FRAMING_BODY || header->fields > LINX_FRAMING_FIELDS;
  const char *sender = header->fields <= LINX_FRAMING_FIELDS ? find_sender (bytes, header) : NULL;
  gboolean is_the_bus = g_strcmp0 (sender, BUS_NAME) == 0;
  gboolean is_call = header->type == METHOD_CALL && !is_the_bus;

  if ((!is_large || is_the_bus) && (sender != NULL || !is_call)
      && policy->admit (sender, size_of (header), is_call))
    return FALSE;
  if (sender != NULL && is_call && (header->flags & NO_REPLY_EXPECTED) == 0)
    policy->refuse (sender, header->serial,
                    is_large ? LINX_FRAMING_TOO_LARGE : LINX_FRAMING_NOT_ADMITTED);
  return TRUE;
}

/* At the start of a message. */
static LinxFramingVerdict
take_header (LinxFraming *framing, const guint8 *bytes, gsize size)
{
  Header header;

  if (size < FIXED_BYTES)
    return LINX_FRAMING_MORE;
  if (!read_header (bytes, &header))
    return LINX_FRAMING_BROKEN;
  if (framing->policy != NULL && header.fields <= LINX_FRAMING_FIELDS
      && size < header.end_of_fields)
    return LINX_FRAMING_MORE;
  framing->left = size_of (&header);
  framing->drops = framing->policy != NULL && is_dropped (framing->policy, bytes, &header);
  return LINX_FRAMING_PASS;
}

LinxFramingVerdict
linx_framing_take (LinxFraming *framing, const guint8 *bytes, gsize size, gsize *n)
{
  LinxFramingVerdict verdict
      = framing->left == 0 ? take_header (framing, bytes, size) : LINX_FRAMING_PASS;

  *n = 0;
  if (verdict != LINX_FRAMING_PASS)
    return verdict;
  *n = MIN (framing->left, size);
  framing->left -= *n;
  return framing->drops ? LINX_FRAMING_DROP : LINX_FRAMING_PASS;
}

gsize
linx_framing_missing (const LinxFraming *framing, const guint8 *bytes, gsize size)
{
  Header header;

  if (framing->left > 0 || size == 0)
    return framing->left;
  if (size < FIXED_BYTES)
    return FIXED_BYTES - size;
  return read_header (bytes, &header) && size < header.end_of_fields ? header.end_of_fields - size
                                                                     : 1;
}

const char *
linx_framing_sender (const guint8 *bytes, gsize size, gsize *length)
{
  Header header;

  *length = 0;
  if (size < FIXED_BYTES || !read_header (bytes, &header))
    return NULL;
  *length = size_of (&header);
  return header.end_of_fields <= size ? find_sender (bytes, &header) : NULL;
}

guint32
linx_framing_serial (const guint8 *bytes)
{
  return number_at (bytes + 8, bytes[0] == 'B');
}

gsize
linx_framing_find_begin (LinxFraming *framing, const guint8 *bytes, gsize size)
{
  gsize n = 0;

  while (n < size && !framing->began) {
    char byte = (char)bytes[n++];

    if (byte == begin[framing->matched])
      framing->matched++;
    else
      framing->matched = byte == begin[0] ? 1 : 0;
    framing->began = framing->matched == strlen (begin);
  }
  return n;
}
