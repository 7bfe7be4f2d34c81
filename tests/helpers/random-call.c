/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random-call.h"
#include "random-value.h"
#include "stranger.h"

#include <gio/gunixfdlist.h>
#include <string.h>

/* What a method takes: p a path, s a source, t a type, w a propagation, n a number, h a descriptor,
 * c a method and v its arguments; and last, where there is one, o a dictionary of the keys. */
static const struct {
  const char *name;
  const char *takes;
  const char *keys;
} methods[] = {
  { "Mount", "spto",
    "in timeout raw source-fd target-fd process idmap no-symlinks options create" },
  { "Bind", "ppo",
    "in timeout raw source-fd target-fd recursive from idmap no-symlinks options create" },
  { "Remount", "po", "in timeout raw target-fd recursive superblock no-symlinks options" },
  { "Move", "ppo", "in timeout raw target-fd no-symlinks" },
  { "SetPropagation", "pwo", "in timeout raw target-fd recursive no-symlinks" },
  { "MakeRPrivate", "po", "in timeout raw target-fd no-symlinks" },
  { "Umount", "po", "in timeout raw recursive detach force expire nofollow id no-symlinks" },
  { "PivotRoot", "ppo",
    "in timeout raw new-root-fd put-old-fd make-rprivate bind-new-root detach-old no-symlinks" },
  { "CreateMount", "sto", "in timeout raw process idmap no-symlinks options" },
  { "CloneMount", "po", "in timeout raw source-fd recursive from idmap no-symlinks options" },
  { "AttachMount", "hpo", "in timeout raw target-fd create no-symlinks" },
  { "ListMounts", "o", "in timeout id fstype source target under fields limit after" },
  { "OpenMountInfo", "o", "in timeout no-symlinks" },
  { "Watch", "o", "in timeout no-symlinks" },
  { "Unwatch", "n", "" },
  { "Can", "cv", "" },
};

static GVariant *arguments (RandomCalls *calls, gsize method);

static gboolean
reads (gsize method)
{
  return strchr (methods[method].takes, 'p') == NULL && strchr (methods[method].takes, 's') == NULL;
}

/* As a method's keys go, seldom one that it does not have, and seldom one twice. */
static GVariant *
dictionary (RandomCalls *calls, gsize method)
{
  g_auto (GStrv) keys = g_strsplit (methods[method].keys, " ", -1);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (!calls->plain && one_in (calls, 40))
    random_add (calls, &builder, "no-such-key", TRUE);
  /* Without them most calls of root would be to where it is, and all wait as long as they may. */
  if (!one_in (calls, 3))
    random_add (calls, &builder, "in", reads (method));
  if (!one_in (calls, 10))
    random_add (calls, &builder, "timeout", FALSE);
  for (guint i = 0; keys[i] != NULL; i++)
    if (!g_str_equal (keys[i], "in") && !g_str_equal (keys[i], "timeout")
        && one_in (calls, calls->plain ? 20 : 6))
      random_add (calls, &builder, keys[i], FALSE);
  if (!calls->plain && one_in (calls, 40))
    random_add (calls, &builder, "timeout", FALSE);
  return g_variant_builder_end (&builder);
}

static GVariant *
argument (RandomCalls *calls, gsize method, char takes, gsize *about)
{
  static const char *const propagations[]
      = { "private", "shared", "slave", "unbindable", "rshared", "" };

  switch (takes) {
  case 'p':
    return g_variant_new_take_string (random_path (calls));
  case 's':
    return g_variant_new_take_string (random_source (calls));
  case 't':
    return g_variant_new_take_string (random_fstype (calls));
  case 'w':
    return g_variant_new_string (propagations[any (calls, G_N_ELEMENTS (propagations))]);
  case 'n':
    return g_variant_new_uint64 (any (calls, 200));
  case 'h':
    return g_variant_new_handle (random_handle (calls));
  case 'c':
    *about = any (calls, G_N_ELEMENTS (methods));
    return g_variant_new_string (methods[*about].name);
  case 'v':
    return g_variant_new_variant (methods[*about].takes[0] == 'c' ? random_variant (calls, 0)
                                                                  : arguments (calls, *about));
  default:
    return dictionary (calls, method);
  }
}

static GVariant *
arguments (RandomCalls *calls, gsize method)
{
  GVariantBuilder builder;
  gsize about = 0;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (const char *takes = methods[method].takes; *takes != '\0'; takes++)
    g_variant_builder_add_value (&builder, !calls->plain && one_in (calls, 60)
                                               ? random_variant (calls, 0)
                                               : argument (calls, method, *takes, &about));
  return g_variant_builder_end (&builder);
}

static GDBusMessage *
something_else (RandomCalls *calls)
{
  static const char *const interfaces[]
      = { "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.Introspectable",
          "org.freedesktop.DBus.Peer", "org.linx.Mount2", STRANGER_NAME };
  static const char *const names[]
      = { "Get", "GetAll", "Set", "Introspect", "Ping", "GetMachineId", "Apply", "Mount" };
  GDBusMessage *message = g_dbus_message_new_method_call (
      STRANGER_NAME, one_in (calls, 4) ? "/" : STRANGER_PATH,
      interfaces[any (calls, G_N_ELEMENTS (interfaces))], names[any (calls, G_N_ELEMENTS (names))]);
  GVariant *body = NULL;

  if (one_in (calls, 2))
    body = g_variant_new ("(ss)", STRANGER_NAME, one_in (calls, 2) ? "Version" : "Features");
  else if (one_in (calls, 2))
    body = g_variant_new ("(@*)", random_variant (calls, 0));
  if (body != NULL)
    g_dbus_message_set_body (message, body);
  return message;
}

GDBusMessage *
random_call (RandomCalls *calls)
{
  gsize method = any (calls, G_N_ELEMENTS (methods));
  GDBusMessage *message;

  calls->plain = one_in (calls, 2);
  calls->sent = g_unix_fd_list_new ();
  if (one_in (calls, 30))
    message = something_else (calls);
  else
    message = stranger_call (methods[method].name, arguments (calls, method));
  if (one_in (calls, 20))
    random_handle (calls); /* which nothing names */
  if (g_unix_fd_list_get_length (calls->sent) > 0)
    g_dbus_message_set_unix_fd_list (message, calls->sent);
  g_clear_object (&calls->sent);
  return message;
}
