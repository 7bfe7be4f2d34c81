/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * client-calls sync|async PID: each method of the client library, one after the other, in the
 * namespace of PID, whose /mnt is a tmpfs; it ends with /mnt as its root. Exits with 0 where each
 * did what it says; else it aborts.
 */

#include "linx-mount.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static LinxMountClient *client;
static LinxMountOptions *in; /* the namespace, and nothing else */
static const char *pid;
static gboolean async;
static GAsyncResult *answer;
static GError *error;

static void
on_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (void)source;
  (void)user_data;
  answer = g_object_ref (result);
}

/* The answer to the call that was started. */
static GAsyncResult *
wait_answer (void)
{
  static GAsyncResult *last;

  while (answer == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&last);
  last = g_steal_pointer (&answer);
  return last;
}

/* A call by one way or the other; its arguments, in parentheses, without those at the end. */
#define CALL(name, ...)                                                                            \
  (async ? (linx_mount_client_##name##_async (client, __VA_ARGS__, NULL, on_ready, NULL),          \
            linx_mount_client_##name##_finish (client, wait_answer (), &error))                    \
         : linx_mount_client_##name (client, __VA_ARGS__, NULL, &error))

static LinxMountOptions *
options_with (const char *key, const char *value)
{
  LinxMountOptions *options = linx_mount_options_new ();

  g_assert_true (linx_mount_options_set_namespace (options, "in", pid, &error));
  if (key != NULL)
    linx_mount_options_set_string (options, key, value);
  return options;
}

/* The row of the mount at @point, where there is one. */
static GVariant *
row_at (const char *point)
{
  g_autoptr (LinxMountOptions) options = options_with ("target", point);
  g_autoptr (GVariant) rows = CALL (list_mounts, options);
  GVariant *row = NULL;

  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (rows, G_VARIANT_TYPE ("a(a{sv})")));
  if (g_variant_n_children (rows) > 0)
    g_variant_get_child (rows, 0, "(@a{sv})", &row);
  return row;
}

static gboolean
is_at (const char *point)
{
  g_autoptr (GVariant) row = row_at (point);

  return row != NULL;
}

static void
assert_shows (const char *point, const char *key, const char *words)
{
  g_autoptr (GVariant) row = row_at (point);
  const char *value = "";

  g_assert_nonnull (row);
  g_variant_lookup (row, key, "&s", &value);
  g_assert_nonnull (strstr (value, words));
}

static void
check_changes (void)
{
  g_autoptr (LinxMountOptions) create = options_with ("create", "directory");
  g_autoptr (LinxMountOptions) from = options_with ("create", "directory");
  g_autoptr (LinxMountOptions) noexec = options_with ("options", "noexec");

  g_assert_cmpuint (CALL (mount, "x", "/mnt/a", "tmpfs", create), !=, 0);
  g_assert_cmpuint (CALL (mount, "x", "/mnt/b", "tmpfs", create), !=, 0);
  g_assert_true (linx_mount_options_set_namespace (from, "from", "host", &error));
  g_assert_cmpuint (CALL (bind, "/etc", "/mnt/c", from), !=, 0);
  g_assert_true (CALL (remount, "/mnt/c", noexec));
  assert_shows ("/mnt/c", "mount-options", "noexec");
  g_assert_true (CALL (umount, "/mnt/b", in));
  g_assert_true (CALL (move, "/mnt/c", "/mnt/b", in));
  g_assert_false (is_at ("/mnt/c"));
  g_assert_true (CALL (set_propagation, "/mnt/b", "shared", in));
  assert_shows ("/mnt/b", "propagation", "shared");
  g_assert_true (CALL (make_rprivate, "/", in));
  assert_shows ("/mnt/b", "propagation", "private");
  g_assert_no_error (error);
}

static void
check_detached (void)
{
  int made = CALL (create_mount, "x", "tmpfs", NULL);
  int cloned = CALL (clone_mount, "/mnt/a", in);

  g_assert_no_error (error);
  g_assert_cmpuint (CALL (attach_mount, made, "/mnt/c", in), !=, 0);
  g_assert_no_error (error);
  g_assert_true (is_at ("/mnt/c"));
  close (made);
  close (cloned);
}

static void
on_changed (LinxMountManager *manager, guint64 watch, GVariant *removed, GVariant *added,
            GVariant *changed, guint64 *told)
{
  (void)manager;
  (void)added;
  (void)changed;
  if (g_variant_n_children (removed) > 0)
    *told = watch;
}

static void
check_watch (void)
{
  LinxMountManager *manager = linx_mount_client_get_manager (client);
  guint64 watch, told = 0;

  g_signal_connect (manager, "changed", G_CALLBACK (on_changed), &told);
  watch = CALL (watch, in);
  g_assert_cmpuint (watch, !=, 0);
  g_assert_true (CALL (umount, "/mnt/c", in));
  while (told == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (told, ==, watch);
  g_assert_true (CALL (unwatch, watch));
  g_assert_no_error (error);
  g_signal_handlers_disconnect_by_data (manager, &told);
}

static void
check_reading (void)
{
  static const char *const words[] = { "/mnt/a", NULL };
  g_autofree char *yes = CALL (can, "Umount", words, -1, in);
  char text[64];
  int mountinfo = CALL (open_mount_info, in);

  g_assert_no_error (error);
  g_assert_cmpstr (yes, ==, "yes");
  g_assert_cmpint (read (mountinfo, text, sizeof text), >, 0);
  close (mountinfo);
}

/* Each kind comes as what it is. */
static void
check_errors (void)
{
  static const char *const words[] = { "/mnt/a", "\xff", NULL };
  g_autoptr (LinxMountOptions) wrong = options_with ("nonsense", "x");
  g_autoptr (LinxMountOptions) nowhere = linx_mount_options_new ();

  g_assert_false (CALL (umount, "/mnt/nothing\xff", in));
  g_assert_true (linx_mount_error_is_kernel (error));
  g_assert_cmpint (linx_mount_error_get_stage (error), ==, LINX_MOUNT_STAGE_RESOLVE);
  g_assert_cmpint (linx_mount_error_get_errno (error), ==, ENOENT);
  g_assert_cmpstr (error->message, ==,
                   "Resolve /mnt/nothing\\xff: No such file or directory (ENOENT)");
  g_clear_error (&error);
  g_assert_false (CALL (umount, "/mnt/a", wrong));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_assert_nonnull (strstr (error->message, "'nonsense'"));
  g_clear_error (&error);
  g_assert_false (linx_mount_options_set_namespace (nowhere, "in", "2147483647", &error));
  g_assert_cmpint (linx_mount_error_get_stage (error), ==, LINX_MOUNT_STAGE_OPEN_NS);
  g_clear_error (&error);
  g_assert_false (linx_mount_options_set_namespace (nowhere, "in", "elsewhere", &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  g_assert_null (CALL (can, "umount", words, -1, in));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  g_assert_null (CALL (can, "Umount", words, -1, in));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  g_assert_cmpint (CALL (attach_mount, -1, "/mnt/a", in), ==, 0);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
}

static void
check_pivot (void)
{
  g_assert_true (CALL (pivot_root, "/mnt", "", in));
  g_assert_no_error (error);
  assert_shows ("/", "fstype", "tmpfs");
}

static void
connect_client (void)
{
  if (async) {
    linx_mount_client_new (NULL, on_ready, NULL);
    client = linx_mount_client_new_finish (wait_answer (), &error);
  } else {
    client = linx_mount_client_new_sync (NULL, &error);
  }
  g_assert_no_error (error);
}

/* A key that is set again lets go of what it named, and a message has what is named now. */
static void
check_set_again (void)
{
  g_autoptr (LinxMountOptions) options = linx_mount_options_new ();
  int before = dup (0), after;

  close (before);
  for (guint i = 0; i < 64; i++)
    g_assert_true (
        linx_mount_options_set_namespace (options, "in", i % 2 > 0 ? pid : "self", &error));
  after = dup (0);
  close (after);
  g_assert_cmpint (after, ==, before + 1);
  linx_mount_options_set_string (options, "in", "self");
  after = dup (0);
  close (after);
  g_assert_cmpint (after, ==, before);
}

int
main (int argc, char **argv)
{
  g_assert_cmpint (argc, ==, 3);
  async = g_str_equal (argv[1], "async");
  pid = argv[2];
  in = options_with (NULL, NULL);
  connect_client ();
  g_assert_cmpstr (linx_mount_manager_get_version (linx_mount_client_get_manager (client)), !=,
                   NULL);
  check_set_again ();
  check_changes ();
  check_detached ();
  check_watch ();
  check_reading ();
  check_errors ();
  check_pivot ();
  g_object_unref (in);
  g_object_unref (client);
  return 0;
}
