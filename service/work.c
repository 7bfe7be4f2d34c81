/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "work.h"
#include "bus/limits.h"
#include "kernel/mount-events.h"
#include "linx-error.h"
#include "lookup/namespace.h"
#include "mount/peers.h"
#include "policy/describe.h"
#include "policy/policy.h"
#include "source/fstab.h"
#include "source/owner-names.h"
#include "verbs/verb.h"
#include "worker/async-close.h"
#include "worker/credentials.h"

LinxWork *
linx_work_new (LinxRequest *request, LinxCaller *caller)
{
  LinxWork *work = g_new0 (LinxWork, 1);

  work->request = linx_request_ref (request);
  work->pins = linx_pins_new (caller, request);
  return work;
}

void
linx_work_find_places (gpointer work, LinxFdPlaces *places)
{
  linx_pins_find_places (((LinxWork *)work)->pins, places);
}

/* What is left of a work in the bounds. */
typedef struct {
  LinxAccount account;
  LinxWorkCount count;
} Rest;

static gboolean
leave_bounds (gpointer data)
{
  const Rest *rest = data;

  if (rest->count == LINX_WORK_CALL)
    linx_limits_leave_call (rest->account);
  else if (rest->count == LINX_WORK_CLOSE)
    linx_limits_leave_close (rest->account);
  return G_SOURCE_REMOVE;
}

/* It holds no descriptor that a filesystem could keep from closing, or this is a thread of
 * async-close. */
static void
work_free (gpointer data)
{
  LinxWork *work = data;
  const Rest rest = { work->pins->sender.caller->account, work->count };

  linx_request_unref (work->request);
  g_clear_pointer (&work->value, g_variant_unref);
  g_clear_pointer (&work->details, linx_details_unref);
  linx_pins_free (work->pins); /* which may wait for a filesystem: until then it counts */
  g_free (work);
  if (g_main_context_is_owner (NULL))
    leave_bounds ((gpointer)&rest);
  else if (rest.count != LINX_WORK_NOT)
    g_idle_add_full (G_PRIORITY_DEFAULT, leave_bounds, g_memdup2 (&rest, sizeof rest), g_free);
}

static gboolean
has_large_arguments (const LinxWork *work)
{
  return g_variant_get_size (work->request->arguments) > LINX_LARGE_ARGUMENTS;
}

void
linx_work_free (LinxWork *work)
{
  gboolean is_large
      = work->pins->listing.reply_bytes > LINX_LARGE_BYTES || has_large_arguments (work);

  if (linx_pins_hold_any (work->pins) || is_large || !g_main_context_is_owner (NULL))
    linx_async_close_free (work->pins->sender.caller->account, work, work_free);
  else
    work_free (work);
}

void
linx_work_answered (LinxWork *work)
{
  LinxAccount account = work->pins->sender.caller->account;

  if (work->pins->watched.events >= 0)
    linx_mount_events_close (&work->pins->watched.events);
  if (work->count == LINX_WORK_NOT)
    return;
  linx_limits_leave_call (account);
  work->count = LINX_WORK_NOT;
  if (!linx_pins_hold_any (work->pins))
    return;
  linx_limits_enter_close (account);
  work->count = LINX_WORK_CLOSE;
}

/* Before the reply: a descriptor on a mount keeps it busy. */
static void
close_pins (LinxPins *pins)
{
  linx_pins_close (pins);
}

static gboolean
perform (LinxJob *job, LinxWork *work, GError **error)
{
  GVariant *value = linx_verb_of (work->request)->perform (job, work->request, work->pins, error);

  close_pins (work->pins);
  if (value == NULL)
    return FALSE;
  work->value = g_variant_ref_sink (value);
  g_variant_get_size (value); /* which it keeps: not for the main loop to find out */
  linx_memory_settle (&work->pins->memory);
  return TRUE;
}

static gboolean
look_up (const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean ok;

  if (linx_verb_of (request)->pin == NULL)
    return TRUE;
  if (!linx_credentials_assume (&pins->sender.credentials, error))
    return FALSE;
  ok = linx_verb_of (request)->pin (request, pins, error);
  return linx_credentials_resume (ok ? error : NULL) && ok;
}

/* polkit always says yes to uid 0, so this is where a root that is none here ends: in a container
 * that was handed the bus socket, or stripped of its capabilities. */
static gboolean
refuse_mere_uid_0 (const LinxPins *pins, GError **error)
{
  if (pins->sender.caller->uid != 0 || pins->sender.privileged)
    return TRUE;
  g_set_error_literal (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                       "uid 0 without CAP_SYS_ADMIN in the initial user namespace");
  return FALSE;
}

/* Takes @made over. */
static gboolean
replace_request (LinxWork *work, LinxRequest *made)
{
  if (made == NULL)
    return FALSE;
  linx_request_unref (work->request);
  work->request = made;
  return TRUE;
}

/* What was left out becomes part of the request, before anything of it is looked up. */
static gboolean
complete_from_fstab (LinxWork *work, GError **error)
{
  LinxRequest *given = work->request, *made;

  if (!linx_fstab_is_wanted (given))
    return TRUE;
  /* It is read from the namespace's own root. */
  if (work->pins->ns[LINX_IN].kind != LINX_NAMESPACE_HOST
      || (!work->pins->sender.privileged && !work->pins->sender.sees_as_service))
    return !linx_fstab_is_needed (given)
               ? TRUE
               : linx_error_set_args (error, "'%s' is empty, and /etc/fstab is for the host alone",
                                      given->source.path[0] == '\0' ? "source" : "target");
  if (!linx_credentials_assume (&work->pins->sender.credentials, error))
    return FALSE;
  made = linx_fstab_complete (given, work->pins->sender.privileged, error);
  if (!linx_credentials_resume (made != NULL ? error : NULL))
    g_clear_pointer (&made, linx_request_unref);
  return replace_request (work, made);
}

static gboolean
complete (LinxWork *work, GError **error)
{
  /* Names of owners are those of the host's files. */
  gboolean in_host = work->pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST
                     && (work->pins->sender.privileged || work->pins->sender.sees_as_service);

  return complete_from_fstab (work, error)
         && (!linx_owner_names_are_in (work->request)
             || replace_request (work, linx_owner_names_complete (work->request, in_host, error)));
}

static gboolean
verify (LinxPins *pins, GError **error)
{
  LinxCallerState state;

  if (!linx_caller_verify (pins->sender.caller, pins->sender.pidfd, &state, error))
    return FALSE;
  pins->sender.privileged = state.privileged;
  pins->sender.credentials.gid = state.gid;
  pins->sender.in_initial_userns = state.initial;
  pins->sender.verified = refuse_mere_uid_0 (pins, error);
  return pins->sender.verified;
}

static gboolean
pin (LinxWork *work, GError **error)
{
  LinxPins *pins = work->pins;

  return verify (pins, error) && linx_namespace_pin (work->request, pins, error)
         && linx_namespace_enter (pins, LINX_IN, error) && complete (work, error)
         && look_up (work->request, pins, error) && linx_peers_pin (work->request, pins, error);
}

static gboolean
pin_or_more (LinxJob *job, LinxWork *work, GError **error)
{
  gboolean ok = pin (work, error);

  if (!ok || work->request->only_ask) {
    close_pins (work->pins);
    return ok;
  }
  work->pins->fresh = TRUE;
  return work->pins->sender.privileged ? perform (job, work, error) : TRUE;
}

/* What polkit is asked is printed here, and what takes its time; the rest when the caller has its
 * answer. */
static gboolean
prints_details (const LinxWork *work, gboolean asks)
{
  return asks
         || ((has_large_arguments (work) || work->pins->fs.layers != NULL)
             && linx_policy_is_audited (work->request, work->pins));
}

/* What it holds of tables, but for a reply that is done, it holds no more. */
static gboolean
end (LinxWork *work, gboolean asks, gboolean ok)
{
  linx_memory_use (NULL);
  g_clear_pointer (&work->details, linx_details_unref);
  if (prints_details (work, asks))
    work->details = linx_describe (work->request, work->pins);
  if (!ok || work->value == NULL)
    linx_memory_clear (&work->pins->memory);
  return ok;
}

gboolean
linx_work_pin (LinxJob *job, gpointer data, GError **error)
{
  LinxWork *work = data;

  gboolean ok;

  linx_memory_use (&work->pins->memory);
  ok = pin_or_more (job, work, error);
  return end (work, !work->pins->sender.privileged, ok);
}

gboolean
linx_work_perform (LinxJob *job, gpointer data, GError **error)
{
  LinxWork *work = data;
  gboolean ok;

  work->pins->fresh = FALSE;
  linx_memory_use (&work->pins->memory);
  ok = linx_namespace_enter (work->pins, LINX_IN, error) && perform (job, work, error);
  return end (work, FALSE, ok);
}
