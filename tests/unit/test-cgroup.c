/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/cgroup.h"

static void
test_path (void)
{
  static const struct {
    const char *text;
    const char *path;
  } cases[] = {
    { "0::/system.slice/a.service\n", "/system.slice/a.service" },
    { "12:pids:/x\n1:name=systemd:/system.slice/a.service\n0::/y\n", "/system.slice/a.service" },
    { "4:memory:/docker/1\n0::/user.slice\n", "/user.slice" },
    { "1:name=systemd:/\n0::/a.scope\n", "/a.scope" },
    { "1:name=systemd:/\n", "/" },
    { "3:name=systemdx:/x\n", "" },
    { "0::/a:b/::/c\n", "/a:b/::/c" },
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = linx_cgroup_path_of (cases[i].text);

    g_assert_cmpstr (path, ==, cases[i].path);
  }
}

/* What whoever a unit is delegated to makes below it has no say. */
static void
test_unit (void)
{
  static const struct {
    const char *path;
    const char *unit;
  } cases[] = {
    { "/system.slice/cups.service", "cups.service" },
    { "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service" },
    { "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
    { "/user.slice/user-1000.slice/user@1000.service/app.slice/cups.service", "user@1000.service" },
    { "/machine.slice/libpod-0a.scope/container/system.slice/cups.service", "libpod-0a.scope" },
    { "/init.scope", "init.scope" },
    { "/system.slice/_cpu.service", "cpu.service" },
    { "/docker/cups.service", "" },
    { "/../cups.service", "" },
    { "/system.slice", "" },
    { "/.service", "" },
    { "/a b.service", "" },
    { "/", "" },
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *unit = linx_cgroup_unit_of (cases[i].path);

    g_assert_cmpstr (unit, ==, cases[i].unit);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cgroup/path", test_path);
  g_test_add_func ("/cgroup/unit", test_unit);
  return g_test_run ();
}
