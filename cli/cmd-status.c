/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"
#include "json.h"

static const GOptionEntry entries[] = {
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* 0 where the bus does not tell. */
static guint32
service_pid (LinxMountClient *client)
{
  GDBusProxy *proxy = G_DBUS_PROXY (linx_mount_client_get_manager (client));
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      g_dbus_proxy_get_connection (proxy), "org.freedesktop.DBus", "/org/freedesktop/DBus",
      "org.freedesktop.DBus", "GetConnectionUnixProcessID",
      g_variant_new ("(s)", g_dbus_proxy_get_name (proxy)), G_VARIANT_TYPE ("(u)"),
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  guint32 pid = 0;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &pid);
  return pid;
}

static void
print (const Ctl *ctl, const char *version, const char *const *features, guint32 pid)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *list = g_strjoinv (" ", (char **)features);
  g_autofree char *json = NULL;

  if (ctl->json == CTL_JSON_OFF) {
    g_print ("Service:  org.linx.Mount1, process %u\nVersion:  %s\nFeatures: %s\n", pid, version,
             list);
    return;
  }
  g_variant_builder_add (&builder, "{sv}", "pid", g_variant_new_uint32 (pid));
  g_variant_builder_add (&builder, "{sv}", "version", g_variant_new_string (version));
  g_variant_builder_add (&builder, "{sv}", "features", g_variant_new_strv (features, -1));
  value = g_variant_ref_sink (g_variant_builder_end (&builder));
  json = ctl_json_format (value, ctl->json == CTL_JSON_PRETTY);
  g_print ("%s", json);
}

static CtlExit
run (Ctl *ctl, char **args)
{
  CtlExit rc = ctl_connect (ctl);
  LinxMountManager *manager;

  (void)args;
  if (rc != CTL_OK)
    return rc;
  manager = linx_mount_client_get_manager (ctl->client);
  if (linx_mount_manager_get_version (manager) == NULL) {
    g_printerr ("linx-mountctl: there is no service, and none could be started\n");
    return CTL_UNREACHABLE;
  }
  print (ctl, linx_mount_manager_get_version (manager), linx_mount_manager_get_features (manager),
         service_pid (ctl->client));
  return CTL_OK;
}

const CtlCommand ctl_status
    = { "status", "", "Show the service, and what this kernel has", entries, 0, 0, run };
