/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verb.h"
#include "interface.h"
#include "ops.h"

/* Translated by the authentication agent, not here. */
#define N_(text) (text)

static const LinxVerb verbs[] = {
  { "Mount", "mount", LINX_VERB_MOUNT, linx_request_decode_mount, linx_mount_pin,
    linx_mount_perform, NULL,
    N_ ("Authentication is required to mount \"$(prompt-source)\" at \"$(prompt-target)\" in a "
        "container, whose root can take back the attributes of the mount") },
  { "Bind", "bind", LINX_VERB_BIND, linx_request_decode_bind, linx_bind_pin, linx_bind_perform,
    NULL,
    N_ ("Authentication is required to bind \"$(prompt-source)\" to \"$(prompt-target)\" in a "
        "container, whose root can take back the attributes of the mount") },
  { "Remount", "remount", LINX_VERB_REMOUNT, linx_request_decode_remount, linx_remount_pin,
    linx_remount_perform, NULL,
    N_ ("Authentication is required to change the mount at \"$(prompt-target)\" in a container, "
        "whose root can take back its attributes") },
  { "Move", "move", LINX_VERB_MOVE, linx_request_decode_bind, linx_move_pin, linx_move_perform,
    NULL, NULL },
  { "Umount", "umount", LINX_VERB_UMOUNT, linx_request_decode_umount, linx_umount_pin,
    linx_umount_perform, NULL, NULL },
  { "SetPropagation", "set-propagation", LINX_VERB_SET_PROPAGATION, linx_request_decode_propagation,
    linx_propagation_pin, linx_propagation_perform, NULL, NULL },
  { "MakeRPrivate", "make-rprivate", LINX_VERB_MAKE_RPRIVATE, linx_request_decode_rprivate,
    linx_propagation_pin, linx_propagation_perform, NULL, NULL },
  { "PivotRoot", "pivot-root", LINX_VERB_PIVOT_ROOT, linx_request_decode_pivot, linx_pivot_pin,
    linx_pivot_perform, NULL, NULL },
  { "CreateMount", "create-mount", LINX_VERB_CREATE_MOUNT, linx_request_decode_create,
    linx_create_pin, linx_create_perform, NULL, NULL },
  { "CloneMount", "clone-mount", LINX_VERB_CLONE_MOUNT, linx_request_decode_clone, linx_clone_pin,
    linx_clone_perform, NULL, NULL },
  { "AttachMount", "attach-mount", LINX_VERB_ATTACH_MOUNT, linx_request_decode_attach,
    linx_attach_pin, linx_attach_perform, NULL,
    N_ ("Authentication is required to attach a mount at \"$(prompt-target)\" in a container, "
        "whose root can take back the attributes of the mount") },
  { "ListMounts", "list-mounts", LINX_VERB_LIST_MOUNTS, linx_request_decode_list, linx_list_pin,
    linx_list_perform, linx_list_settle, NULL },
  { "OpenMountInfo", "open-mount-info", LINX_VERB_OPEN_MOUNT_INFO, linx_request_decode_list,
    linx_list_pin, linx_open_mountinfo_perform, NULL, NULL },
  { "Watch", "watch", LINX_VERB_WATCH, linx_request_decode_list, linx_watch_pin, linx_watch_perform,
    linx_watch_settle, NULL },
  { "Unwatch", NULL, LINX_VERB_UNWATCH, linx_request_decode_unwatch, NULL, NULL,
    linx_unwatch_settle, NULL },
  { "Can", NULL, LINX_VERB_CAN, linx_request_decode_can, NULL, NULL, NULL, NULL },
};

const LinxVerb *
linx_verb_find (const char *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].method, method))
      return &verbs[i];
  return NULL;
}

static const GDBusMethodInfo *
info_of (const LinxVerb *verb)
{
  return g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *)&linx_mount_manager_interface,
                                              verb->method);
}

char *
linx_verb_signature (const LinxVerb *verb)
{
  GString *signature = g_string_new ("(");

  for (GDBusArgInfo **arg = info_of (verb)->in_args; arg != NULL && *arg != NULL; arg++)
    g_string_append (signature, (*arg)->signature);
  g_string_append_c (signature, ')');
  return g_string_free (signature, FALSE);
}

void
linx_verbs_check (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (info_of (&verbs[i]) == NULL)
      g_error ("%s has a row, and is not in the interface", verbs[i].method);
  for (GDBusMethodInfo **method = linx_mount_manager_interface.methods; *method != NULL; method++)
    if (linx_verb_find ((*method)->name) == NULL)
      g_error ("%s is in the interface, and has no row", (*method)->name);
}
