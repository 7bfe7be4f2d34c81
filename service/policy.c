/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"
#include "attributes.h"
#include "verb.h"

#define PREFIX "org.linx.mount1."

static void
add (GPtrArray *actions, const char *operation, const char *suffix)
{
  g_ptr_array_add (actions, g_strconcat (PREFIX, operation, suffix, NULL));
}

/* Whether it reads the table that is the caller's own. Who sees but a part of it by its root is
 * told of changes of all of it, or of none. */
static gboolean
reads_own (const LinxRequest *request, const LinxPins *pins)
{
  return (request->verb->bit & LINX_VERBS_READING) != 0 && pins->ns[LINX_IN].own
         && !(pins->confined && request->verb->bit == LINX_VERB_WATCH);
}

GPtrArray *
linx_policy_actions (const LinxRequest *request, const LinxPins *pins)
{
  guint verb = request->verb->bit;
  gboolean reads = (verb & LINX_VERBS_READING) != 0;
  gboolean propagates = (verb & (LINX_VERB_SET_PROPAGATION | LINX_VERB_MAKE_RPRIVATE)) != 0;
  GPtrArray *actions = g_ptr_array_new_with_free_func (g_free);

  if (reads)
    add (actions, "list-mounts", reads_own (request, pins) ? "" : "-other");
  else
    add (actions, request->verb->operation, "");
  if (request->propagation != 0 && !propagates)
    add (actions, "set-propagation", "");
  if (linx_pins_crosses (pins) && !pins->ns[LINX_FROM].own)
    add (actions, "list-mounts-other", "");
  if (linx_attributes_need_unrestricted (request, pins))
    add (actions, "mount-unrestricted", "");
  g_ptr_array_add (actions, NULL);
  return actions;
}

static gboolean
is_open_to_caller (const LinxWhere *where)
{
  return where->kind == LINX_WHERE_NONE || where->kind == LINX_WHERE_SELF
         || where->kind == LINX_WHERE_HOST;
}

/* Whether what is looked up there could be found out without the service. */
static gboolean
is_open (const LinxNamespace *ns)
{
  return ns->kind != LINX_NAMESPACE_OTHER && !ns->rerooted;
}

gboolean
linx_policy_may_tell (const LinxRequest *request, const LinxCaller *caller, const LinxPins *pins)
{
  if (pins == NULL)
    return caller->uid == 0
           || (is_open_to_caller (&request->in) && is_open_to_caller (&request->from));
  return pins->privileged || (is_open (&pins->ns[LINX_IN]) && is_open (&pins->ns[LINX_FROM]));
}

gboolean
linx_policy_is_audited (const LinxRequest *request, const LinxPins *pins)
{
  return !request->only_ask && request->verb->bit != LINX_VERB_UNWATCH
         && (pins == NULL || !reads_own (request, pins));
}
