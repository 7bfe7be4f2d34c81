/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/request-decode.h"
#include "verbs/verb.h"
#include "request/request-decode.h"
#include "verbs/verb.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/mount.h>

static LinxRequest *
decode (const char *method, const char *arguments, GError **error)
{
  const LinxMethod *verb = linx_method_find (method);
  g_autofree char *signature = linx_method_signature (verb);
  GVariant *parsed = g_variant_parse (G_VARIANT_TYPE (signature), arguments, NULL, NULL, NULL);
  g_autoptr (GVariant) tuple = parsed;

  g_assert_nonnull (parsed);
  return linx_request_decode (verb, tuple, NULL, error);
}

static void
test_mount (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxRequest) request
      = decode ("Mount",
                "('t', '/mnt', 'tmpfs', {'in': <uint16 47>, 'options': <'ro,size=1M'>, "
                "'create': <'file'>, 'timeout': <int64 5>, 'no-symlinks': <true>})",
                &error);

  g_assert_no_error (error);
  g_assert_cmpstr (request->source.path, ==, "t");
  g_assert_cmpstr (request->target.path, ==, "/mnt");
  g_assert_cmpstr (request->fstype, ==, "tmpfs");
  g_assert_cmpint (request->in.kind, ==, LINX_WHERE_PID);
  g_assert_cmpint (request->in.pid, ==, 47);
  g_assert_cmpuint (request->timeout_ms, ==, 5);
  g_assert_true (request->no_symlinks);
  g_assert_cmpint (request->create, ==, LINX_CREATE_FILE);
  g_assert_cmpuint (request->options->attr.set, ==, MOUNT_ATTR_RDONLY);
  g_assert_cmpuint (request->options->fs->len, ==, 1);
}

static void
test_defaults (void)
{
  g_autoptr (LinxRequest) request = decode ("Umount", "('/mnt', {})", NULL);

  g_assert_cmpint (request->in.kind, ==, LINX_WHERE_SELF);
  g_assert_cmpuint (request->timeout_ms, ==, 20000);
  g_assert_false (request->umount.detach || request->umount.force || request->umount.expire
                  || request->umount.nofollow);
  g_assert_false (request->id.given);
  g_assert_false (request->only_ask);
}

static void
test_can (void)
{
  g_autoptr (LinxRequest) request
      = decode ("Can", "('Umount', <('/mnt', {'detach': <true>})>)", NULL);

  g_assert_true (request->only_ask);
  g_assert_cmpstr (request->method->name, ==, "Umount");
  g_assert_true (request->umount.detach);
}

static void
test_where (void)
{
  static const struct {
    const char *value;
    LinxWhereKind kind;
  } cases[] = {
    { "'self'", LINX_WHERE_SELF },          { "'host'", LINX_WHERE_HOST },
    { "'/run/ns'", LINX_WHERE_PATH },       { "byte 0x05", LINX_WHERE_PID },
    { "int64 2147483647", LINX_WHERE_PID },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strdup_printf ("({'in': <%s>},)", cases[i].value);
    g_autoptr (LinxRequest) request = decode ("ListMounts", text, NULL);

    g_assert_nonnull (request);
    g_assert_cmpint (request->in.kind, ==, cases[i].kind);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *method;
    const char *arguments;
    const char *named;
  } cases[] = {
    { "Mount", "('t', '/mnt', 'tmpfs', {'on': <''>})", "'on'" },
    { "Mount", "('t', '/mnt', 'tmpfs', {'detach': <true>})", "'detach'" },
    { "Mount", "('t', 'mnt', 'tmpfs', {})", "'target'" },
    { "Mount", "('t', '', 'tmpfs', {})", "'target'" },
    { "Mount", "('t', '/mnt', 'a/b', {})", "'fstype'" },
    { "Mount", "('t', '/mnt', 'tmpfs', {'options': <<'ro'>>})", "'options'" },
    { "Mount", "('t', '/mnt', 'tmpfs', {'in': <@h 0>})", "'in'" },
    { "Umount", "('/mnt', {'in': <int32 -5>})", "'in'" },
    { "Umount", "('/mnt', {'in': <int64 2147483648>})", "'in'" },
    { "Umount", "('/mnt', {'id': <'1'>})", "'id'" },
    { "Umount", "('/mnt', {'timeout': <uint64 600001>})", "'timeout'" },
    { "Umount", "('/mnt', {'expire': <true>, 'force': <true>})", "'expire'" },
    { "ListMounts", "({'fields': <['id', 'no']>},)", "'no'" },
    { "ListMounts", "({'under': <'a'>},)", "'under'" },
    { "ListMounts", "({'id': <uint32 1>, 'id': <uint32 2>},)", "'id'" },
    { "Can", "('Frob', <1>)", "'Frob'" },
    { "Can", "('Umount', <1>)", "'arguments'" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (decode (cases[i].method, cases[i].arguments, &error));
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
    g_assert_nonnull (strstr (error->message, cases[i].named));
  }
}

static void
test_every_method_has_a_row (void)
{
  linx_verbs_check ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/request/mount", test_mount);
  g_test_add_func ("/request/defaults", test_defaults);
  g_test_add_func ("/request/can", test_can);
  g_test_add_func ("/request/where", test_where);
  g_test_add_func ("/request/refused", test_refused);
  g_test_add_func ("/request/every-method-has-a-row", test_every_method_has_a_row);
  return g_test_run ();
}
