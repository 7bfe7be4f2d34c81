/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"
#include "lookup/ns-file.h"
#include "mount/attributes.h"
#include "source/tag.h"
#include "verbs/verb.h"

#define PREFIX "org.linx.mount1."

/* Those that are looked up. */
static gboolean
has_path_filters (const LinxRequest *request)
{
  return request->list.at != NULL || request->list.under != NULL || request->target.path != NULL;
}

/* Whether it reads the table that is the caller's own. Who sees but a part of it by its root is
 * told of changes of all of it, or of none; and in another process's root paths are not the
 * caller's. */
static gboolean
reads_own (const LinxRequest *request, const LinxPins *pins)
{
  return (request->method->bit & LINX_VERBS_READING) != 0 && pins->ns[LINX_IN].own
         && (pins->sender.privileged || pins->ns[LINX_IN].seen_by_caller
             || !has_path_filters (request))
         && !(pins->listing.is_confined && request->method->bit == LINX_VERB_WATCH);
}

/* What is checked, and what is told of it. */
typedef struct {
  GPtrArray *checks;
  LinxDetails *details;
  const char *place; /* of the host; NULL: where it is done */
  const char *message;
} Checks;

static void
add (const Checks *to, const char *operation, const char *suffix)
{
  g_autofree char *action = g_strconcat (PREFIX, operation, suffix, NULL);

  g_ptr_array_add (to->checks, linx_check_new (action, to->details, to->place, to->message));
}

/* What the call takes wherever it is done. */
static void
add_own (const Checks *to, const LinxRequest *request, const LinxPins *pins)
{
  guint verb = request->method->bit;
  gboolean reads = (verb & LINX_VERBS_READING) != 0;
  gboolean propagates = (verb & (LINX_VERB_SET_PROPAGATION | LINX_VERB_MAKE_RPRIVATE)) != 0;

  if (reads)
    add (to, "list-mounts", reads_own (request, pins) ? "" : "-other");
  else
    add (to, request->method->operation, "");
  if (request->propagation != 0 && !propagates)
    add (to, "set-propagation", "");
  if (linx_pins_crosses (pins) && !pins->ns[LINX_FROM].own)
    add (to, "list-mounts-other", "");
  if (linx_attributes_need_unrestricted (request, pins))
    add (to, "mount-unrestricted", "");
}

/* To the host its source is one of another namespace, as with `from`. */
static gboolean
brings_from_elsewhere (const LinxRequest *request, const LinxPins *pins)
{
  LinxSide side = request->from.kind != LINX_WHERE_NONE ? LINX_FROM : LINX_IN;

  gboolean has_path = pins->source.place.path != NULL && pins->source.kind != LINX_SOURCE_TAG;

  return (request->method->bit & LINX_VERBS_WITH_SOURCE) != 0
         && (has_path || (pins->fs.layers != NULL && pins->fs.layers->len > 0))
         && pins->ns[side].kind != LINX_NAMESPACE_HOST;
}

GPtrArray *
linx_policy_checks (const LinxRequest *request, const LinxPins *pins, LinxDetails *details)
{
  GPtrArray *checks = g_ptr_array_new_with_free_func ((GDestroyNotify)linx_check_unref);
  const Checks here
      = { checks, details, NULL,
          pins->ns[LINX_IN].in_other_userns ? linx_verb_of (request)->container_message : NULL };

  add_own (&here, request, pins);
  /* As if it were done there. */
  for (guint i = 0; pins->peers.host_places != NULL && i < pins->peers.host_places->len; i++) {
    const Checks there = { checks, details, g_ptr_array_index (pins->peers.host_places, i), NULL };

    add_own (&there, request, pins);
    /* What a mount of another namespace may do nobody has taken from it. */
    if (request->method->bit == LINX_VERB_MOVE)
      add (&there, "mount-unrestricted", "");
    if (brings_from_elsewhere (request, pins))
      add (&there, "list-mounts-other", "");
  }
  return checks;
}

/* Tags are looked for among the service's devices, processes among all that it sees. */
static gboolean
names_of_services (const LinxRequest *request)
{
  const char *source = request->source.path, *name;
  pid_t pid;

  if (request->method->bit == LINX_VERB_BIND && source != NULL
      && linx_ns_file_match (source, 0, &pid, &name))
    return TRUE;
  return request->process.kind != LINX_WHERE_NONE || request->idmap.kind != LINX_WHERE_NONE
         || ((request->method->bit & LINX_VERBS_MAKING) != 0 && source != NULL
             && linx_tag_is (source));
}

/* Whether what is looked up there the caller could look up by itself. What is not open yet was
 * named by a number or a path of the service's. */
static gboolean
is_seen (const LinxPins *pins, LinxSide side)
{
  const LinxNamespace *ns = &pins->ns[side];

  return ns->kind == LINX_NAMESPACE_UNKNOWN ? pins->sender.sees_as_service : ns->seen_by_caller;
}

static gboolean
is_self (const LinxWhere *where)
{
  return where->kind == LINX_WHERE_NONE || where->kind == LINX_WHERE_SELF;
}

gboolean
linx_policy_is_seen (const LinxRequest *request, const LinxPins *pins)
{
  return !pins->peers.host_was_read && is_seen (pins, LINX_IN)
         && (request->from.kind == LINX_WHERE_NONE || is_seen (pins, LINX_FROM))
         && (pins->sender.sees_as_service || !names_of_services (request));
}

gboolean
linx_policy_may_tell (const LinxRequest *request, const LinxCaller *caller, const LinxPins *pins)
{
  if (pins == NULL)
    return caller->account == LINX_ACCOUNT_ROOT
           || (is_self (&request->in) && is_self (&request->from) && !names_of_services (request));
  if (pins->sender.privileged || !pins->sender.verified)
    return TRUE;
  return linx_policy_is_seen (request, pins);
}

gboolean
linx_policy_is_audited (const LinxRequest *request, const LinxPins *pins)
{
  return !request->only_ask && request->method->bit != LINX_VERB_UNWATCH
         && (pins == NULL || !reads_own (request, pins));
}
