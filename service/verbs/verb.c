/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs/verb.h"
#include "verbs/ops.h"
#include "watch/watch-limits.h"

/* Translated by the authentication agent, not here. */
#define N_(text) (text)

static const LinxVerb verbs[] = {
  { .bit = LINX_VERB_MOUNT,
    .pin = linx_mount_pin,
    .perform = linx_mount_perform,
    .container_message
    = N_ ("Authentication is required to mount \"$(prompt-source)\" at \"$(prompt-target)\" in a "
          "container, whose root can take back the attributes of the mount") },
  { .bit = LINX_VERB_BIND,
    .pin = linx_bind_pin,
    .perform = linx_bind_perform,
    .container_message
    = N_ ("Authentication is required to bind \"$(prompt-source)\" to \"$(prompt-target)\" in a "
          "container, whose root can take back the attributes of the mount") },
  { .bit = LINX_VERB_REMOUNT,
    .pin = linx_remount_pin,
    .perform = linx_remount_perform,
    .container_message
    = N_ ("Authentication is required to change the mount at \"$(prompt-target)\" in a container, "
          "whose root can take back its attributes") },
  { .bit = LINX_VERB_MOVE, .pin = linx_move_pin, .perform = linx_move_perform },
  { .bit = LINX_VERB_UMOUNT, .pin = linx_umount_pin, .perform = linx_umount_perform },
  { .bit = LINX_VERB_SET_PROPAGATION,
    .pin = linx_propagation_pin,
    .perform = linx_propagation_perform },
  { .bit = LINX_VERB_MAKE_RPRIVATE,
    .pin = linx_propagation_pin,
    .perform = linx_propagation_perform },
  { .bit = LINX_VERB_PIVOT_ROOT, .pin = linx_pivot_pin, .perform = linx_pivot_perform },
  { .bit = LINX_VERB_CREATE_MOUNT, .pin = linx_create_pin, .perform = linx_create_perform },
  { .bit = LINX_VERB_CLONE_MOUNT, .pin = linx_clone_pin, .perform = linx_clone_perform },
  { .bit = LINX_VERB_ATTACH_MOUNT,
    .pin = linx_attach_pin,
    .perform = linx_attach_perform,
    .container_message
    = N_ ("Authentication is required to attach a mount at \"$(prompt-target)\" in a container, "
          "whose root can take back the attributes of the mount") },
  { .bit = LINX_VERB_LIST_MOUNTS,
    .pin = linx_list_pin,
    .perform = linx_list_perform,
    .settle = linx_list_settle },
  { .bit = LINX_VERB_OPEN_MOUNT_INFO,
    .pin = linx_list_pin,
    .perform = linx_open_mountinfo_perform },
  { .bit = LINX_VERB_WATCH,
    .pin = linx_watch_pin,
    .perform = linx_watch_perform,
    .settle = linx_watch_settle,
    .check = linx_watch_check,
    .enter = linx_watch_enter,
    .leave = linx_watch_leave },
  { .bit = LINX_VERB_UNWATCH, .settle = linx_unwatch_settle },
  { .bit = LINX_VERB_CAN },
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
