/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * generated-client PID DIRECTORY PLACE: binds DIRECTORY of the host into the namespace of a process
 * that a pidfd names, by what gdbus-codegen makes of the interface and nothing else of ours.
 */

#include "generated.h"

#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>

int
main (int argc, char **argv)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Manager) manager
      = manager_proxy_new_for_bus_sync (G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_NONE,
                                        "org.linx.Mount1", "/org/linx/Mount1", NULL, &error);
  g_auto (GVariantBuilder) options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  int handle = argc == 4 ? g_unix_fd_list_append (fds, pidfd_open (atoi (argv[1]), 0), &error) : -1;
  guint64 id;

  if (manager == NULL || handle < 0)
    return 2;
  g_variant_builder_add (&options, "{sv}", "in", g_variant_new_handle (handle));
  g_variant_builder_add (&options, "{sv}", "from", g_variant_new_string ("host"));
  g_variant_builder_add (&options, "{sv}", "create", g_variant_new_string ("directory"));
  if (!manager_call_bind_sync (manager, argv[2], argv[3], g_variant_builder_end (&options),
                               G_DBUS_CALL_FLAGS_NONE, -1, fds, &id, NULL, NULL, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  printf ("%" G_GUINT64_FORMAT "\n", id);
  return 0;
}
