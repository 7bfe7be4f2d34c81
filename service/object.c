/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object.h"
#include "bus/interface.h"
#include "call.h"
#include "config.h"
#include "kernel/features.h"
#include "verbs/verb.h"

static void
on_method_call (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  (void)bus;
  (void)sender;
  (void)path;
  (void)interface;
  (void)method;
  (void)parameters;
  (void)user_data;
  linx_call_start (invocation);
}

static GVariant *
on_get_property (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                 const char *property, GError **error, gpointer user_data)
{
  g_auto (GStrv) features = NULL;

  (void)bus;
  (void)sender;
  (void)path;
  (void)interface;
  (void)error;
  (void)user_data;
  if (g_str_equal (property, "Version"))
    return g_variant_new_string (LINX_VERSION);
  features = linx_features_names ();
  return g_variant_new_strv ((const char *const *)features, -1);
}

gboolean
linx_service_register (GDBusConnection *bus, GError **error)
{
  static const GDBusInterfaceVTable vtable
      = { .method_call = on_method_call, .get_property = on_get_property };

  linx_verbs_check ();
  return g_dbus_connection_register_object (bus, LINX_OBJECT_PATH,
                                            (GDBusInterfaceInfo *)&linx_mount_manager_interface,
                                            &vtable, NULL, NULL, error)
         != 0;
}
