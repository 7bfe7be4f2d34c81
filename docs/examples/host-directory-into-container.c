/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * host-directory-into-container DIRECTORY PID PLACE: shows a directory of the host, read-only, at a
 * place that is made in the namespace of a process, lists it there, and takes it out again.
 *
 *   cc host-directory-into-container.c $(pkg-config --cflags --libs linx-mount-1)
 */

#include <linx-mount.h>

#include <stdio.h>

static gboolean
show_row (LinxMountClient *client, const char *pid, guint64 id, GError **error)
{
  g_autoptr (LinxMountOptions) options = linx_mount_options_new ();
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GVariant) row = NULL;
  const char *point, *attributes;

  if (!linx_mount_options_set_namespace (options, "in", pid, error))
    return FALSE;
  linx_mount_options_set_number (options, "id", id);
  rows = linx_mount_client_list_mounts (client, options, NULL, error);
  if (rows == NULL)
    return FALSE;
  g_variant_get_child (rows, 0, "(@a{sv})", &row);
  g_variant_lookup (row, "mount-point", "&s", &point);
  g_variant_lookup (row, "mount-options", "&s", &attributes);
  printf ("%s: %s\n", point, attributes);
  return TRUE;
}

static gboolean
put_in_and_take_out (const char *directory, const char *pid, const char *place, GError **error)
{
  g_autoptr (LinxMountClient) client = linx_mount_client_new_sync (NULL, error);
  g_autoptr (LinxMountOptions) bind = linx_mount_options_new ();
  g_autoptr (LinxMountOptions) umount = linx_mount_options_new ();
  guint64 id;

  if (client == NULL || !linx_mount_options_set_namespace (bind, "in", pid, error)
      || !linx_mount_options_set_namespace (bind, "from", "host", error)
      || !linx_mount_options_set_namespace (umount, "in", pid, error))
    return FALSE;
  linx_mount_options_set_string (bind, "options", "ro,nosuid,nodev");
  linx_mount_options_set_string (bind, "create", "directory");
  id = linx_mount_client_bind (client, directory, place, bind, NULL, error);
  if (id == 0 || !show_row (client, pid, id, error))
    return FALSE;
  linx_mount_options_set_number (umount, "id", id);
  return linx_mount_client_umount (client, place, umount, NULL, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (argc != 4) {
    fprintf (stderr, "usage: %s DIRECTORY PID PLACE\n", argv[0]);
    return 2;
  }
  if (put_in_and_take_out (argv[1], argv[2], argv[3], &error))
    return 0;
  if (linx_mount_error_is_kernel (error))
    fprintf (stderr, "%s failed with errno %d: ",
             linx_mount_stage_to_string (linx_mount_error_get_stage (error)),
             linx_mount_error_get_errno (error));
  fprintf (stderr, "%s\n", error->message);
  return 1;
}
