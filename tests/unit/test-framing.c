/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/framing.h"

#include <gio/gio.h>
#include <string.h>

typedef struct {
  LinxFraming framing;
  GByteArray *waiting;
  GByteArray *passed;
  gboolean broken;
} Stream;

/* What the policy, which knows of none, says: of the stream under way. */
static GString *refused;
static gsize admitted;
static gboolean is_full; /* for calls */

static gboolean
admit (const char *sender, gsize bytes, gboolean is_call)
{
  (void)sender;
  if (is_call && is_full)
    return FALSE;
  admitted += bytes;
  return TRUE;
}

static void
refuse (const char *sender, guint32 serial, LinxFramingReason reason)
{
  g_string_append_printf (refused, "%s %u%s;", sender, serial,
                          reason == LINX_FRAMING_NOT_ADMITTED ? " full" : "");
}

static void
start (Stream *stream)
{
  static const LinxFramingPolicy policy = { .admit = admit, .refuse = refuse };

  *stream = (Stream){ .framing = { .policy = &policy },
                      .waiting = g_byte_array_new (),
                      .passed = g_byte_array_new () };
  refused = g_string_new (NULL);
  admitted = 0;
}

static void
end (Stream *stream)
{
  g_byte_array_unref (stream->waiting);
  g_byte_array_unref (stream->passed);
  g_string_free (refused, TRUE);
}

static void
feed (Stream *stream, const guint8 *bytes, gsize size)
{
  LinxFramingVerdict verdict = LINX_FRAMING_PASS;
  gsize n;

  g_byte_array_append (stream->waiting, bytes, (guint)size);
  while (stream->waiting->len > 0 && verdict <= LINX_FRAMING_DROP) {
    verdict = linx_framing_take (&stream->framing, stream->waiting->data, stream->waiting->len, &n);
    g_assert_cmpuint (n > 0, ==, verdict <= LINX_FRAMING_DROP);
    if (verdict == LINX_FRAMING_PASS)
      g_byte_array_append (stream->passed, stream->waiting->data, (guint)n);
    g_byte_array_remove_range (stream->waiting, 0, (guint)n);
    g_assert_cmpuint (stream->waiting->len, <=, LINX_FRAMING_HEADER + size);
  }
  stream->broken = verdict == LINX_FRAMING_BROKEN;
}

static void
feed_in_pieces (Stream *stream, const GByteArray *bytes, gsize size)
{
  for (gsize at = 0; at < bytes->len; at += size)
    feed (stream, bytes->data + at, MIN (size, bytes->len - at));
}

/* A call, or a signal, with an array of @bytes bytes: its body has 4 more. */
static void
append (GByteArray *all, GDBusMessageType type, const char *sender, guint32 serial, gsize bytes,
        GDBusMessageByteOrder order, GDBusMessageFlags flags)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new ();
  g_autofree guint8 *array = g_malloc0 (bytes);
  g_autofree guchar *blob = NULL;
  gsize size;

  g_dbus_message_set_message_type (message, type);
  g_dbus_message_set_flags (message, flags);
  g_dbus_message_set_byte_order (message, order);
  g_dbus_message_set_serial (message, serial);
  g_dbus_message_set_path (message, "/org/linx/Mount1");
  g_dbus_message_set_interface (message, "org.linx.Mount1");
  g_dbus_message_set_member (message, "Mount");
  g_dbus_message_set_reply_serial (message, 7);
  g_dbus_message_set_num_unix_fds (message, 0);
  g_dbus_message_set_sender (message, sender);
  g_dbus_message_set_body (
      message,
      g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, array, bytes, 1)));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_nonnull (blob);
  g_byte_array_append (all, blob, (guint)size);
}

static void
append_call (GByteArray *all, guint32 serial, gsize bytes, GDBusMessageByteOrder order)
{
  append (all, G_DBUS_MESSAGE_TYPE_METHOD_CALL, ":1.5", serial, bytes, order,
          G_DBUS_MESSAGE_FLAGS_NONE);
}

/* Small and large ones in turn, cut anywhere: what is small passes as it is. */
static void
check_cut (GDBusMessageByteOrder order, gsize piece)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GByteArray) small = g_byte_array_new ();
  Stream stream;

  for (guint32 serial = 1; serial < 9; serial++) {
    gsize bytes = serial % 2 == 0 ? LINX_FRAMING_BODY - 3 : serial * 11;

    append_call (all, serial, bytes, order);
    if (serial % 2 != 0)
      append_call (small, serial, bytes, order);
  }
  start (&stream);
  feed_in_pieces (&stream, all, piece);
  g_assert_false (stream.broken);
  g_assert_cmpmem (stream.passed->data, stream.passed->len, small->data, small->len);
  g_assert_cmpstr (refused->str, ==, ":1.5 2;:1.5 4;:1.5 6;:1.5 8;");
  g_assert_cmpuint (admitted, ==, small->len);
  end (&stream);
}

static void
test_cut (void)
{
  static const gsize pieces[] = { 1, 3, 15, 16, 17, 100, 4096, 65537, 1 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    check_cut (G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN, pieces[i]);
    check_cut (G_DBUS_MESSAGE_BYTE_ORDER_BIG_ENDIAN, pieces[i]);
  }
}

/* What @append_one makes passes, and nobody is told; or not. */
static void
check_one (GByteArray *one, gboolean passes, const char *told)
{
  Stream stream;

  start (&stream);
  feed (&stream, one->data, one->len);
  g_assert_cmpuint (stream.passed->len, ==, passes ? one->len : 0);
  g_assert_cmpstr (refused->str, ==, told);
  g_assert_cmpuint (admitted, ==, stream.passed->len);
  g_assert_cmpuint (stream.framing.left, ==, 0);
  end (&stream);
  g_byte_array_set_size (one, 0);
}

static void
test_bound (void)
{
  const GDBusMessageByteOrder order = G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN;
  const GDBusMessageFlags none = G_DBUS_MESSAGE_FLAGS_NONE;
  g_autoptr (GByteArray) one = g_byte_array_new ();

  append_call (one, 1, LINX_FRAMING_BODY - 4, order);
  check_one (one, TRUE, "");
  append_call (one, 1, LINX_FRAMING_BODY - 3, order);
  check_one (one, FALSE, ":1.5 1;");
  append (one, G_DBUS_MESSAGE_TYPE_METHOD_CALL, ":1.5", 1, LINX_FRAMING_BODY, order,
          G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  check_one (one, FALSE, "");
  append (one, G_DBUS_MESSAGE_TYPE_SIGNAL, ":1.5", 1, LINX_FRAMING_BODY, order, none);
  check_one (one, FALSE, "");
  append (one, G_DBUS_MESSAGE_TYPE_METHOD_RETURN, ":1.5", 1, LINX_FRAMING_BODY, order, none);
  check_one (one, FALSE, "");
  append (one, G_DBUS_MESSAGE_TYPE_METHOD_RETURN, "org.freedesktop.DBus", 1, LINX_FRAMING_BODY,
          order, none);
  check_one (one, TRUE, "");
}

/* Calls for which there is no place, whatever their size; and what is none. */
static void
test_full (void)
{
  const GDBusMessageByteOrder order = G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN;
  g_autoptr (GByteArray) one = g_byte_array_new ();

  is_full = TRUE;
  append_call (one, 1, 0, order);
  check_one (one, FALSE, ":1.5 1 full;");
  append_call (one, 1, LINX_FRAMING_BODY, order);
  check_one (one, FALSE, ":1.5 1;");
  append (one, G_DBUS_MESSAGE_TYPE_METHOD_RETURN, ":1.5", 1, 0, order, G_DBUS_MESSAGE_FLAGS_NONE);
  check_one (one, TRUE, "");
  append (one, G_DBUS_MESSAGE_TYPE_METHOD_CALL, "org.freedesktop.DBus", 1, 0, order,
          G_DBUS_MESSAGE_FLAGS_NONE);
  check_one (one, TRUE, "");
  is_full = FALSE;
}

/* Before the sender, of a number that nobody knows: dbus-broker passes them on. */
static void
check_unknown_field (const char *value, gsize bytes, gboolean passes, const char *told)
{
  g_autoptr (GDBusMessage) message
      = g_dbus_message_new_method_call (NULL, "/org/linx/Mount1", "org.linx.Mount1", "Mount");
  g_autoptr (GByteArray) one = g_byte_array_new ();
  g_autofree guint8 *array = g_malloc0 (bytes);
  g_autofree guchar *blob = NULL;
  gsize size;

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_header (message, 100, g_variant_new_parsed (value));
  g_dbus_message_set_sender (message, ":1.5");
  g_dbus_message_set_body (
      message,
      g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, array, bytes, 1)));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_nonnull (blob);
  g_byte_array_append (one, blob, (guint)size);
  check_one (one, passes, told);
}

static void
test_unknown_fields (void)
{
  static const char *const simple[]
      = { "byte 1",  "true",     "int16 1", "uint16 1", "1",      "uint32 1",
          "int64 1", "uint64 1", "1.5",     "'text'",   "@o '/'", "@g 'as'" };

  for (gsize i = 0; i < G_N_ELEMENTS (simple); i++) {
    check_unknown_field (simple[i], 100, TRUE, "");
    check_unknown_field (simple[i], LINX_FRAMING_BODY, FALSE, ":1.5 1;");
  }
}

/* What no sender is found in is nobody's, and goes no further. */
static void
test_no_sender (void)
{
  g_autoptr (GByteArray) one = g_byte_array_new ();

  append (one, G_DBUS_MESSAGE_TYPE_METHOD_CALL, NULL, 1, 100,
          G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN, G_DBUS_MESSAGE_FLAGS_NONE);
  check_one (one, FALSE, "");
}

/* Fields that are not what they should be: dropped, and nobody is answered. */
static void
test_fields (void)
{
  g_autoptr (GByteArray) good = g_byte_array_new ();

  append_call (good, 1, LINX_FRAMING_BODY, G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  for (gsize at = 16; at < 200; at++)
    for (guint value = 0; value < 256; value += 5) {
      Stream stream;

      start (&stream);
      g_byte_array_append (stream.waiting, good->data, good->len);
      stream.waiting->data[at] = (guint8)value;
      feed (&stream, NULL, 0);
      g_assert_cmpuint (stream.framing.left, ==, 0);
      g_assert_cmpuint (stream.passed->len, ==, 0);
      end (&stream);
    }
}

static void
test_large_fields (void)
{
  g_autoptr (GByteArray) one = g_byte_array_new ();
  guint32 length = GUINT32_TO_LE (LINX_FRAMING_FIELDS + 1);

  append_call (one, 1, 0, G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  memcpy (one->data + 12, &length, sizeof length);
  memset (one->data + 4, 0, 4);
  g_byte_array_set_size (one, 16 + LINX_FRAMING_FIELDS + 8);
  check_one (one, FALSE, "");
}

static void
test_garbage (void)
{
  static const guint8 headers[][16] = {
    "HTTP/1.1 200 OK",
    { 'l', 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 1, 0, 0, 0 },
    { 'l', 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
    { 'B', 1, 0, 1, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (headers); i++) {
    Stream stream;

    start (&stream);
    feed (&stream, headers[i], 15);
    g_assert_false (stream.broken);
    feed (&stream, headers[i] + 15, 1);
    g_assert_true (stream.broken);
    end (&stream);
  }
}

/* What a client sends before it sends messages. */
static void
test_begin (void)
{
  static const char lines[]
      = "\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\n\n\nBEGIN\r\nl\1BEGIN\r\n";
  const gsize expected = sizeof lines - 1 - strlen ("l\1BEGIN\r\n");

  for (gsize piece = 1; piece < sizeof lines; piece++) {
    LinxFraming framing = { 0 };
    gsize before = 0;

    for (gsize at = 0; at < sizeof lines - 1 && !framing.began; at += piece)
      before += linx_framing_find_begin (&framing, (const guint8 *)lines + at,
                                         MIN (piece, sizeof lines - 1 - at));
    g_assert_true (framing.began);
    g_assert_cmpuint (before, ==, expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/framing/cut", test_cut);
  g_test_add_func ("/framing/bound", test_bound);
  g_test_add_func ("/framing/full", test_full);
  g_test_add_func ("/framing/unknown-fields", test_unknown_fields);
  g_test_add_func ("/framing/no-sender", test_no_sender);
  g_test_add_func ("/framing/fields", test_fields);
  g_test_add_func ("/framing/large-fields", test_large_fields);
  g_test_add_func ("/framing/garbage", test_garbage);
  g_test_add_func ("/framing/begin", test_begin);
  return g_test_run ();
}
