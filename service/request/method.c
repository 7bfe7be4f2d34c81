/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/method.h"
#include "bus/interface.h"

static const LinxMethod methods[] = {
  { "Mount", "mount", LINX_VERB_MOUNT },
  { "Bind", "bind", LINX_VERB_BIND },
  { "Remount", "remount", LINX_VERB_REMOUNT },
  { "Move", "move", LINX_VERB_MOVE },
  { "Umount", "umount", LINX_VERB_UMOUNT },
  { "SetPropagation", "set-propagation", LINX_VERB_SET_PROPAGATION },
  { "MakeRPrivate", "make-rprivate", LINX_VERB_MAKE_RPRIVATE },
  { "PivotRoot", "pivot-root", LINX_VERB_PIVOT_ROOT },
  { "CreateMount", "create-mount", LINX_VERB_CREATE_MOUNT },
  { "CloneMount", "clone-mount", LINX_VERB_CLONE_MOUNT },
  { "AttachMount", "attach-mount", LINX_VERB_ATTACH_MOUNT },
  { "ListMounts", "list-mounts", LINX_VERB_LIST_MOUNTS },
  { "OpenMountInfo", "open-mount-info", LINX_VERB_OPEN_MOUNT_INFO },
  { "Watch", "watch", LINX_VERB_WATCH },
  { "Unwatch", NULL, LINX_VERB_UNWATCH },
  { "Can", NULL, LINX_VERB_CAN },
};

const LinxMethod *
linx_method_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, name))
      return &methods[i];
  return NULL;
}

static const GDBusMethodInfo *
info_of (const LinxMethod *method)
{
  return g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *)&linx_mount_manager_interface,
                                              method->name);
}

char *
linx_method_signature (const LinxMethod *method)
{
  GString *signature = g_string_new ("(");

  for (GDBusArgInfo **arg = info_of (method)->in_args; arg != NULL && *arg != NULL; arg++)
    g_string_append (signature, (*arg)->signature);
  g_string_append_c (signature, ')');
  return g_string_free (signature, FALSE);
}

void
linx_methods_foreach (void (*func) (const LinxMethod *method))
{
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    func (&methods[i]);
}

void
linx_methods_check (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (info_of (&methods[i]) == NULL)
      g_error ("%s is in the table of methods, and not in the interface", methods[i].name);
  for (GDBusMethodInfo **info = linx_mount_manager_interface.methods; *info != NULL; info++)
    if (linx_method_find ((*info)->name) == NULL)
      g_error ("%s is in the interface, and not in the table of methods", (*info)->name);
}
