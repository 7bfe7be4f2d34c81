/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random-value.h"
#include "random-words.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#define MAX_FDS 6
/* The bus closes the connection of who nests deeper than 32 arrays, or 64 of all. */
#define MAX_DEPTH 20

#define PICK(calls, list) ((list)[any (calls, G_N_ELEMENTS (list))])

guint
any (RandomCalls *calls, guint n)
{
  return (guint)g_rand_int_range (calls->rand, 0, (gint32)n);
}

gboolean
one_in (RandomCalls *calls, guint n)
{
  return any (calls, n) == 0;
}

/* Seldom so long that it is refused, by one bound or the other. */
static char *
long_text (RandomCalls *calls)
{
  static const gsize lengths[] = { 256, 4095, 4096, 65536, 300000 };
  gsize length = PICK (calls, lengths);
  char *text = g_strnfill (length, one_in (calls, 4) ? ',' : 'a');

  text[0] = '/';
  return text;
}

char *
random_path (RandomCalls *calls)
{
  if (calls->plain)
    return g_strdup (PICK (calls, plain_paths));
  return one_in (calls, 100) ? long_text (calls) : g_strdup (PICK (calls, paths));
}

char *
random_source (RandomCalls *calls)
{
  if (calls->plain)
    return g_strdup (one_in (calls, 8) ? "/image" : "none");
  return one_in (calls, 3) ? random_path (calls) : g_strdup (PICK (calls, sources));
}

char *
random_fstype (RandomCalls *calls)
{
  if (calls->plain)
    return g_strdup (one_in (calls, 8) ? "ext4" : "tmpfs");
  if (one_in (calls, 100))
    return long_text (calls);
  return g_strdup (!calls->tame && one_in (calls, 5) ? PICK (calls, shared_fstypes)
                                                     : PICK (calls, fstypes));
}

static gint32
send_fd (RandomCalls *calls, int fd)
{
  if (g_unix_fd_list_get_length (calls->sent) >= MAX_FDS)
    return 0;
  return g_unix_fd_list_append (calls->sent, fd, NULL);
}

gint32
random_handle (RandomCalls *calls)
{
  if (!calls->plain && one_in (calls, 20))
    return g_rand_int (calls->rand) % 2 == 0 ? MAX_FDS + 1 : -1;
  return send_fd (calls, calls->fds[any (calls, calls->n_fds)]);
}

static GVariant *
number (RandomCalls *calls)
{
  guint64 value = PICK (calls, numbers);

  switch (any (calls, 7)) {
  case 0:
    return g_variant_new_byte ((guchar)value);
  case 1:
    return g_variant_new_int16 ((gint16)value);
  case 2:
    return g_variant_new_uint16 ((guint16)value);
  case 3:
    return g_variant_new_int32 ((gint32)value);
  case 4:
    return g_variant_new_uint32 ((guint32)value);
  case 5:
    return g_variant_new_int64 ((gint64)value);
  default:
    return g_variant_new_uint64 (value);
  }
}

/* A namespace, or a process: the child mostly. Numbers of others are those that no process has. */
static GVariant *
where (RandomCalls *calls, gboolean reads)
{
  static const gint64 nobody[]
      = { 0, -1, 4194304, G_MAXINT32, (gint64)G_MAXUINT32 + 2, G_MAXINT64 };
  static const char *const names[] = { "self", "self", "", "other", "/missing", "/a", "/proc" };

  switch (calls->plain ? 7 : any (calls, 8)) {
  case 0:
    return g_variant_new_int64 (PICK (calls, nobody));
  case 1:
    return (!calls->tame || reads) && one_in (calls, 2)
               ? g_variant_new_string ("host")
               : g_variant_new_string (PICK (calls, names));
  case 2:
    return g_variant_new_handle (random_handle (calls));
  case 3:
    return g_variant_new_take_string (g_strdup_printf ("/proc/%u/ns/mnt", calls->child));
  case 4:
    return g_variant_new_handle (send_fd (calls, calls->fds[any (calls, 2)]));
  default:
    return g_variant_new_uint32 (calls->child);
  }
}

static char *
option_list (RandomCalls *calls)
{
  GString *list = g_string_new (NULL);

  for (guint n = any (calls, 5); n > 0; n--)
    g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "",
                            calls->plain ? PICK (calls, plain_words) : PICK (calls, words));
  return g_string_free (list, FALSE);
}

static GVariant *
raw (RandomCalls *calls)
{
  static const char *const names[] = { "source", "target", "new_root", "put_old", "other" };
  static const char *const bytes[] = { "/a/\xff\n", "/a", "\xff", "", "/a\0b" };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{say}"));
  for (guint n = any (calls, 3); n > 0; n--)
    g_variant_builder_add (&builder, "{s@ay}", PICK (calls, names),
                           g_variant_new_bytestring (PICK (calls, bytes)));
  return g_variant_builder_end (&builder);
}

static GVariant *
strings (RandomCalls *calls)
{
  static const char *const some[] = { "id", "tmpfs", "mount-point", "raw", "ext4", "" };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint n = any (calls, 4); n > 0; n--)
    g_variant_builder_add (&builder, "s", PICK (calls, some));
  return g_variant_builder_end (&builder);
}

GVariant *
random_variant (RandomCalls *calls, guint depth)
{
  GVariantDict dict;

  if (depth >= MAX_DEPTH)
    return g_variant_new_boolean (TRUE);
  switch (any (calls, 10)) {
  case 0:
    return g_variant_new_boolean (one_in (calls, 2));
  case 1:
    return number (calls);
  case 2:
    return g_variant_new_double (g_rand_double (calls->rand));
  case 3:
    return g_variant_new_handle (random_handle (calls));
  case 4:
    return g_variant_new_object_path ("/a");
  case 5:
    return strings (calls);
  case 6:
    g_variant_dict_init (&dict, NULL);
    g_variant_dict_insert_value (&dict, "in", random_variant (calls, depth + 1));
    return g_variant_dict_end (&dict);
  case 7:
    return g_variant_new ("(@*u)", random_variant (calls, depth + 1), 1U);
  case 8:
    return g_variant_new_take_string (random_path (calls));
  default:
    for (GVariant *inner = number (calls);; inner = g_variant_new_variant (inner))
      if (++depth >= MAX_DEPTH || one_in (calls, 6))
        return g_variant_new_variant (inner);
  }
}

static gboolean
is_among (const char *key, const char *list)
{
  g_auto (GStrv) keys = g_strsplit (list, " ", -1);

  return g_strv_contains ((const char *const *)keys, key);
}

#define WHERE_KEYS "in from process idmap"

/* All keys that are not named here are booleans. */
static GVariant *
value_of (RandomCalls *calls, const char *key, gboolean reads)
{
  if (is_among (key, WHERE_KEYS))
    return where (calls, reads);
  if (g_str_has_suffix (key, "-fd"))
    return g_variant_new_handle (random_handle (calls));
  if (g_str_equal (key, "timeout"))
    return one_in (calls, 20) ? number (calls) : g_variant_new_uint32 (20 + any (calls, 400));
  if (g_str_equal (key, "options"))
    return g_variant_new_take_string (!calls->plain && one_in (calls, 100) ? long_text (calls)
                                                                           : option_list (calls));
  if (g_str_equal (key, "create"))
    return g_variant_new_string (one_in (calls, 2) ? "file" : "directory");
  if (g_str_equal (key, "raw"))
    return raw (calls);
  if (is_among (key, "source target under"))
    return g_variant_new_take_string (random_path (calls));
  if (is_among (key, "fstype fields"))
    return strings (calls);
  if (is_among (key, "id limit after"))
    return number (calls);
  return g_variant_new_boolean (one_in (calls, 2));
}

static gboolean
is_integer (GVariant *value)
{
  return strchr ("ynqiuxt", g_variant_get_type_string (value)[0]) != NULL;
}

void
random_add (RandomCalls *calls, GVariantBuilder *builder, const char *key, gboolean reads)
{
  GVariant *value = !calls->plain && one_in (calls, 25) ? random_variant (calls, 0) : NULL;

  /* It could be the number of a process of the rig's. */
  if (value != NULL && calls->tame && is_integer (value) && is_among (key, WHERE_KEYS))
    g_clear_pointer (&value, g_variant_unref);
  g_variant_builder_add (builder, "{sv}", key,
                         value != NULL ? value : value_of (calls, key, reads));
}
