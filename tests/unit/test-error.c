/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

static void
assert_name (const GError *error, const char *expected)
{
  g_autofree char *name = linx_error_dbus_name (error);

  g_assert_cmpstr (name, ==, expected);
}

/* By its name on the bus; some numbers have no name. */
static void
assert_comes_back (const GError *error)
{
  g_autofree char *name = linx_error_dbus_name (error);
  g_autoptr (GError) back = linx_error_from_dbus (name, error->message);

  if (g_str_has_suffix (name, ".EUNKNOWN")) {
    g_assert_null (back);
    return;
  }
  g_assert_error (back, LINX_MOUNT_ERROR, error->code);
  g_assert_cmpstr (back->message, ==, error->message);
}

static void
test_other_names (void)
{
  static const char *const names[] = {
    "org.linx.Mount1.Error.Umount",
    "org.linx.Mount1.Error.Umount.EBUSY.x",
    "org.linx.Mount1.Error.Nothing.EBUSY",
    "org.linx.Mount1.Error.Umount.EWHAT",
    "org.linx.Mount1.Error.",
    "org.linx.Mount1.Error.NotAuthorizedX",
    "org.freedesktop.DBus.Error.Failed",
    "",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_null (linx_error_from_dbus (names[i], "x"));
}

static void
test_kernel (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (g_quark_to_string (LINX_MOUNT_ERROR), ==, "linx-mount-error-quark");
  g_assert_false (linx_error_set (&error, LINX_MOUNT_STAGE_UMOUNT, EBUSY, "/mnt\n", NULL));
  g_assert_true (linx_mount_error_is_kernel (error));
  g_assert_cmpint (linx_mount_error_get_stage (error), ==, LINX_MOUNT_STAGE_UMOUNT);
  g_assert_cmpint (linx_mount_error_get_errno (error), ==, EBUSY);
  g_assert_cmpstr (error->message, ==, "Umount /mnt\\x0a: Device or resource busy (EBUSY)");
  assert_name (error, "org.linx.Mount1.Error.Umount.EBUSY");
}

static void
test_words (void)
{
  g_autoptr (GError) error = NULL;

  linx_error_set (&error, LINX_MOUNT_STAGE_MOUNT, EINVAL, "/mnt", "tmpfs: Bad value for 'size'");
  g_assert_cmpstr (error->message, ==, "Mount /mnt: tmpfs: Bad value for 'size' (EINVAL)");
}

static void
test_every_stage_and_errno (void)
{
  for (int stage = 0; stage < LINX_N_STAGES; stage++)
    for (int err = 1; err < 134; err++) {
      g_autoptr (GError) error = NULL;

      linx_error_set (&error, (LinxMountStage)stage, err, "x", NULL);
      g_assert_cmpint (linx_mount_error_get_stage (error), ==, stage);
      g_assert_cmpint (linx_mount_error_get_errno (error), ==, err);
      g_assert_nonnull (linx_mount_stage_to_string ((LinxMountStage)stage));
      assert_comes_back (error);
    }
}

static void
test_policy (void)
{
  static const struct {
    int code;
    const char *name;
  } cases[] = {
    { LINX_MOUNT_ERROR_NOT_AUTHORIZED, "org.linx.Mount1.Error.NotAuthorized" },
    { LINX_MOUNT_ERROR_NOT_AUTHORIZED_DISMISSED, "org.linx.Mount1.Error.NotAuthorizedDismissed" },
    { LINX_MOUNT_ERROR_TIMEOUT, "org.linx.Mount1.Error.Timeout" },
    { LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN, "org.linx.Mount1.Error.TimeoutUncertain" },
    { LINX_MOUNT_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
      "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = g_error_new_literal (LINX_MOUNT_ERROR, cases[i].code, "x");

    g_assert_false (linx_mount_error_is_kernel (error));
    assert_name (error, cases[i].name);
    assert_comes_back (error);
  }
}

static void
test_standard (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (linx_error_set_args (&error, "'%s' is wrong", "key"));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (error->message, ==, "'key' is wrong");
  assert_name (error, "org.freedesktop.DBus.Error.InvalidArgs");
}

/* An argument may be any bytes: a first byte of a long character at the end would have its length
 * counted from beyond the text. */
static void
test_bytes (void)
{
  g_autofree char *many = g_strnfill (600, '\xfc');
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) long_error = NULL;

  linx_error_set_args (&error, "'target' must be an absolute path: %s", "\xfc");
  g_assert_cmpstr (error->message, ==, "'target' must be an absolute path: \\xfc");
  linx_error_set_args (&long_error, "%s", many);
  g_assert_true (g_utf8_validate (long_error->message, -1, NULL));
  g_assert_cmpuint (strlen (long_error->message), ==, 500);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/kernel", test_kernel);
  g_test_add_func ("/error/words", test_words);
  g_test_add_func ("/error/every-stage-and-errno", test_every_stage_and_errno);
  g_test_add_func ("/error/policy", test_policy);
  g_test_add_func ("/error/standard", test_standard);
  g_test_add_func ("/error/other-names", test_other_names);
  g_test_add_func ("/error/bytes", test_bytes);
  return g_test_run ();
}
