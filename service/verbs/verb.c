/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs/verb.h"
#include "verbs/ops.h"

/* Translated by the authentication agent, not here. */
#define N_(text) (text)

static const LinxVerb verbs[] = {
  { LINX_VERB_MOUNT, linx_mount_pin, linx_mount_perform, NULL,
    N_ ("Authentication is required to mount \"$(prompt-source)\" at \"$(prompt-target)\" in a "
        "container, whose root can take back the attributes of the mount") },
  { LINX_VERB_BIND, linx_bind_pin, linx_bind_perform, NULL,
    N_ ("Authentication is required to bind \"$(prompt-source)\" to \"$(prompt-target)\" in a "
        "container, whose root can take back the attributes of the mount") },
  { LINX_VERB_REMOUNT, linx_remount_pin, linx_remount_perform, NULL,
    N_ ("Authentication is required to change the mount at \"$(prompt-target)\" in a container, "
        "whose root can take back its attributes") },
  { LINX_VERB_MOVE, linx_move_pin, linx_move_perform, NULL, NULL },
  { LINX_VERB_UMOUNT, linx_umount_pin, linx_umount_perform, NULL, NULL },
  { LINX_VERB_SET_PROPAGATION, linx_propagation_pin, linx_propagation_perform, NULL, NULL },
  { LINX_VERB_MAKE_RPRIVATE, linx_propagation_pin, linx_propagation_perform, NULL, NULL },
  { LINX_VERB_PIVOT_ROOT, linx_pivot_pin, linx_pivot_perform, NULL, NULL },
  { LINX_VERB_CREATE_MOUNT, linx_create_pin, linx_create_perform, NULL, NULL },
  { LINX_VERB_CLONE_MOUNT, linx_clone_pin, linx_clone_perform, NULL, NULL },
  { LINX_VERB_ATTACH_MOUNT, linx_attach_pin, linx_attach_perform, NULL,
    N_ ("Authentication is required to attach a mount at \"$(prompt-target)\" in a container, "
        "whose root can take back the attributes of the mount") },
  { LINX_VERB_LIST_MOUNTS, linx_list_pin, linx_list_perform, linx_list_settle, NULL },
  { LINX_VERB_OPEN_MOUNT_INFO, linx_list_pin, linx_open_mountinfo_perform, NULL, NULL },
  { LINX_VERB_WATCH, linx_watch_pin, linx_watch_perform, linx_watch_settle, NULL },
  { LINX_VERB_UNWATCH, NULL, NULL, linx_unwatch_settle, NULL },
  { LINX_VERB_CAN, NULL, NULL, NULL, NULL },
};

static const LinxVerb *
find (const LinxMethod *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (verbs[i].bit == method->bit)
      return &verbs[i];
  return NULL;
}

const LinxVerb *
linx_verb_of (const LinxRequest *request)
{
  return find (request->method);
}

static void
check (const LinxMethod *method)
{
  if (find (method) == NULL)
    g_error ("%s has no row in the table of verbs", method->name);
}

void
linx_verbs_check (void)
{
  linx_methods_check ();
  linx_methods_foreach (check);
}
