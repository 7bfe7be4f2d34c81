/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"
#include "bus/callers.h"
#include "bus/limits.h"
#include "bus/offload.h"
#include "bus/send-limits.h"
#include "call-private.h"
#include "kernel/features.h"
#include "policy/audit.h"
#include "policy/authorize.h"
#include "policy/describe.h"
#include "policy/policy.h"
#include "request/request-decode.h"
#include "verbs/verb.h"
#include "worker/worker.h"

static void
run_job (LinxCall *call, LinxJobFunc func, GAsyncReadyCallback callback)
{
  call->job_start = g_get_monotonic_time ();
  linx_workers_run (func, g_steal_pointer (&call->work), (GDestroyNotify)linx_work_free,
                    linx_work_find_places, call->left_ms, callback, call);
}

static gboolean
finish_job (LinxCall *call, GAsyncResult *result, GError **error)
{
  gint64 used_ms = (g_get_monotonic_time () - call->job_start) / 1000;

  call->left_ms = used_ms < call->left_ms ? call->left_ms - (guint)used_ms : 1;
  return linx_workers_run_finish (result, (gpointer *)&call->work, error);
}

static void
on_performed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LinxCall *call = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = finish_job (call, result, &error);

  (void)source;
  linx_call_debug (call, "perform", error);
  if (call->work != NULL)
    g_clear_pointer (&call->details,
                     linx_details_unref); /* it may have become more than approved */
  if (ok)
    linx_call_reply_when_room (call);
  else
    linx_call_reply (call, NULL, error);
}

/* What has bounds of its own is counted, once it is approved. */
static gboolean
enter (LinxCall *call, GError **error)
{
  const LinxVerb *verb = linx_verb_of (call->request);

  if (verb->enter == NULL || call->request->only_ask)
    return TRUE;
  call->entered = verb->enter (call->caller, error);
  return call->entered;
}

/* What is refused whatever polkit says. root is asked nothing. */
static gboolean
check (LinxCall *call, GError **error)
{
  const LinxVerb *verb = linx_verb_of (call->request);

  if (call->caller->account == LINX_ACCOUNT_ROOT)
    return enter (call, error);
  return verb->check == NULL || call->request->only_ask || verb->check (call->caller, error);
}

static void
answer_can (LinxCall *call, LinxVerdict verdict)
{
  static const char *const words[] = { "yes", "challenge", "no" };

  linx_call_reply (call, g_variant_new ("(s)", words[verdict]), NULL);
}

static gboolean
allows_prompt (const LinxCall *call)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);

  return (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
         != 0;
}

/* Whether polkit has spoken, which is what Can tells: not where a bound was hit or it was too late.
 */
static gboolean
is_verdict (gboolean allowed, const GError *error)
{
  if (allowed)
    return error == NULL;
  return error->domain != G_DBUS_ERROR
         && !g_error_matches (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT);
}

static void
on_authorized (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LinxCall *call = user_data;
  g_autoptr (GError) error = NULL;
  LinxVerdict verdict;
  gboolean allowed = linx_authorize_finish (result, &verdict, &error);

  (void)source;
  linx_call_debug (call, "authorize", error);
  if (allowed && call->pin_error != NULL)
    error = g_steal_pointer (&call->pin_error);
  if (call->request->only_ask && is_verdict (allowed, error))
    answer_can (call, verdict);
  else if (error != NULL || !enter (call, &error))
    linx_call_reply (call, NULL, error);
  else
    run_job (call, linx_work_perform, on_performed);
}

/* They were printed on the worker, if that was not given up. */
static void
take_details (LinxCall *call)
{
  g_clear_pointer (&call->details, linx_details_unref);
  call->details = g_steal_pointer (&call->work->details);
  if (call->details == NULL)
    call->details = linx_describe (call->request, call->work->pins);
}

/* Where the pinning failed it asks all the same, and in the same way: whoever may not be told of
 * that must not see a difference. */
static void
authorize (LinxCall *call)
{
  const LinxPins *pins = call->work->pins;
  gboolean interactive = !call->request->only_ask && allows_prompt (call);
  g_autoptr (GPtrArray) checks = NULL;

  take_details (call);
  checks = linx_policy_checks (call->request, pins, call->details);
  const LinxQuestion question = {
    .sender = call->caller->name,
    .account = call->caller->account,
    .checks = checks,
    .interactive = interactive,
    .process = pins->ns[LINX_IN].process,
    .first_alone = !linx_policy_is_seen (call->request, pins),
    .gone = call->caller->gone,
  };

  linx_authorize (&question, on_authorized, call);
}

/* root is asked nothing. */
static gboolean
performed_too (const LinxCall *call)
{
  return call->work != NULL && call->work->pins->sender.privileged && !call->request->only_ask;
}

static void
on_pinned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LinxCall *call = user_data;
  gboolean ok = finish_job (call, result, &call->pin_error);

  (void)source;
  linx_call_debug (call, performed_too (call) ? "pin and perform" : "pin", call->pin_error);
  if (call->work != NULL && call->work->request != call->request) {
    linx_request_unref (call->request);
    call->request = linx_request_ref (call->work->request);
  }
  if (!ok && linx_policy_may_tell (call->request, call->caller, linx_call_pins (call))) {
    g_autoptr (GError) error = g_steal_pointer (&call->pin_error);
    linx_call_reply (call, NULL, error);
  } else if (call->work == NULL) {
    call->work = linx_work_new (call->request, call->caller);
    authorize (call);
  } else if (ok && call->work->value != NULL) {
    linx_call_reply_when_room (call);
  } else if (ok && call->work->pins->sender.privileged) {
    answer_can (call, LINX_VERDICT_YES);
  } else {
    authorize (call);
  }
}

/* It is decoded, and whose it is known; or not. */
static void
go_on (gpointer data)
{
  LinxCall *call = data;
  g_autoptr (GError) error = g_steal_pointer (&call->early);

  linx_call_debug (call, "decode", error);
  if (error == NULL && linx_verb_of (call->request)->perform == NULL) {
    linx_call_finish (call);
    return;
  }
  if (error != NULL || linx_send_limits_is_shut (call->caller, &error) || !check (call, &error)
      || !linx_limits_enter_call (call->caller->account, &error)) {
    linx_call_reply (call, NULL, error);
    return;
  }
  call->left_ms = call->request->timeout_ms;
  call->work = linx_work_new (call->request, call->caller);
  call->work->count = LINX_WORK_CALL;
  run_job (call, linx_work_pin, on_pinned);
}

/* The kernel has let go of them (worker/async-close.h). */
static void
check_descriptors (GDBusMessage *message, GError **error)
{
  const LinxMessageFds *fds = linx_message_fds_of (message);

  if (g_dbus_message_get_num_unix_fds (message) > (fds != NULL ? fds->n : 0))
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "the descriptors of this call were not received: too many that were sent before "
                 "are not closed yet");
}

static void
decode (LinxCall *call)
{
  GDBusMethodInvocation *invocation = call->invocation;
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);

  if (call->early == NULL)
    check_descriptors (message, &call->early);
  call->request = linx_request_decode (
      linx_method_find (g_dbus_method_invocation_get_method_name (invocation)),
      g_dbus_method_invocation_get_parameters (invocation), linx_message_fds_of (message),
      call->early == NULL ? &call->early : NULL);
}

/* The details are for the journal, where a worker is given up. */
static void
decode_large (gpointer data)
{
  LinxCall *call = data;

  decode (call);
  if (call->request != NULL)
    call->details = linx_describe (call->request, NULL);
}

static void
start (LinxCall *call)
{
  GVariant *arguments = g_dbus_method_invocation_get_parameters (call->invocation);
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);
  LinxMessageFds *fds = linx_message_fds_of (message);
  LinxAccount account = call->caller != NULL ? call->caller->account : LINX_ACCOUNT_NOBODY;

  if (fds != NULL)
    fds->owner = account;
  if (g_variant_get_size (arguments) > LINX_LARGE_ARGUMENTS) {
    linx_offload_run (account, NULL, decode_large, go_on, call);
    return;
  }
  decode (call);
  go_on (call);
}

static void
on_caller (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LinxCall *call = user_data;

  (void)source;
  call->caller = linx_caller_get_finish (result, &call->early);
  start (call);
}

static gboolean
is_possible (GError **error)
{
  const char *missing = linx_features_missing ();

  if (linx_audit_is_behind ()) {
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                         "the journal does not keep up with the calls");
    return FALSE;
  }
  if (missing != NULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                 "this kernel has no %s(2): Linux 5.14 is needed", missing);
  return missing == NULL;
}

void
linx_call_start (GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;
  LinxCall *call = linx_call_new (invocation);

  if (!is_possible (&error)) {
    linx_call_reply (call, NULL, error);
    return;
  }
  call->caller = linx_caller_find (g_dbus_method_invocation_get_sender (invocation));
  if (call->caller != NULL)
    start (call);
  else
    linx_caller_get (g_dbus_method_invocation_get_connection (invocation),
                     g_dbus_method_invocation_get_sender (invocation), on_caller, call);
}
