/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"
#include "audit.h"
#include "authorize.h"
#include "backlog.h"
#include "bounds.h"
#include "kernel-features.h"
#include "linx-error.h"
#include "policy.h"
#include "reaper.h"
#include "room.h"
#include "verb.h"
#include "watch-bounds.h"
#include "work.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <string.h>

/*
 * One call on its line. Each stage starts the next one from its callback, or fails the call; the
 * call is owned by the callback that is pending, and ends in reply().
 */
typedef struct {
  GDBusMethodInvocation *invocation;
  GDBusConnection *bus;
  LinxRequest *request;
  LinxCaller *caller;
  gboolean watches;     /* it is counted as a call of Watch */
  LinxWork *work;       /* NULL while a worker has it */
  LinxDetails *details; /* what polkit was asked */
  GError *pin_error;    /* told only to those who are authorized */
  gint64 visit_start;   /* monotonic */
  guint left_ms;        /* of the time for pin and perform */
} Call;

static guint under_way;
static void (*on_idle) (void);

guint
linx_calls_under_way (void)
{
  return under_way;
}

void
linx_calls_on_idle (void (*func) (void))
{
  on_idle = func;
}

/* What holds no descriptor that a filesystem could keep from closing is freed at once. */
static void
free_work (LinxWork *work)
{
  if (linx_pins_hold_any (work->pins))
    linx_reaper_free (work, (GDestroyNotify)linx_work_free);
  else
    linx_work_free (work);
}

static void
leave (void)
{
  under_way--;
  if (under_way == 0 && on_idle != NULL)
    on_idle ();
}

static void
on_taken (GObject *bus, GAsyncResult *result, gpointer work)
{
  g_autoptr (GVariant) pong G_GNUC_UNUSED
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, NULL);

  free_work (work);
  leave ();
}

/* A descriptor stays open until the bus has its own: the last close of a detached mount may wait
 * for its filesystem, and must be nobody's here but the reaper's. The bus reads one message after
 * the other. (Not g_dbus_connection_flush(): each waits on one of GTask's few threads, and for
 * another one of them, while nothing is sent to anybody.) */
static void
call_free (Call *call)
{
  LinxWork *work = call->work;
  gboolean with_fd = work != NULL && work->pins->fd[LINX_PIN_REPLY] >= 0;

  if (call->watches)
    linx_watch_leave (call->caller);
  g_clear_pointer (&call->request, linx_request_unref);
  g_clear_pointer (&call->caller, linx_caller_unref);
  g_clear_pointer (&call->details, linx_details_free);
  if (with_fd)
    g_dbus_connection_call (call->bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus.Peer",
                            "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_taken,
                            work);
  else if (work != NULL)
    free_work (work);
  g_clear_error (&call->pin_error);
  g_object_unref (call->bus);
  g_free (call);
  if (!with_fd)
    leave ();
}

static const LinxPins *
pins_of (const Call *call)
{
  return call->work != NULL ? call->work->pins : NULL;
}

static void
audit (Call *call, const GError *error)
{
  if (call->request == NULL || !linx_policy_is_audited (call->request, pins_of (call)))
    return;
  if (call->work != NULL || call->details == NULL) {
    g_clear_pointer (&call->details, linx_details_free);
    call->details = linx_details_new (call->request, pins_of (call));
  }
  linx_audit (call->caller, g_steal_pointer (&call->details), error);
}

/* The descriptor of the reply, if there is one: a copy of it, which a full table has no place for.
 */
static gboolean
take_fds (const Call *call, GUnixFDList **fds, GError **error)
{
  int mount = call->work != NULL ? call->work->pins->fd[LINX_PIN_REPLY] : -1;

  if (mount < 0)
    return TRUE;
  *fds = g_unix_fd_list_new ();
  return g_unix_fd_list_append (*fds, mount, NULL) >= 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_PIPE, EMFILE, "reply", NULL);
}

/* The one place that answers: with @value, or with the reason why there is none. */
static void
reply (Call *call, GVariant *value, const GError *error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) full = NULL;
  g_autofree char *name = NULL;

  if (error == NULL && !take_fds (call, &fds, &full))
    error = full;
  name = error != NULL ? linx_error_dbus_name (error) : NULL;
  if (error != NULL && call->caller != NULL)
    linx_backlog_add (call->caller, strlen (error->message), 0);
  if (error != NULL)
    g_dbus_method_invocation_return_dbus_error (g_steal_pointer (&call->invocation), name,
                                                error->message);
  else
    g_dbus_method_invocation_return_value_with_unix_fd_list (g_steal_pointer (&call->invocation),
                                                             value, fds);
  audit (call, error);
  call_free (call);
}

static void
visit (Call *call, LinxVisitFunc func, GAsyncReadyCallback callback)
{
  LinxWork *work = g_steal_pointer (&call->work);

  call->visit_start = g_get_monotonic_time ();
  linx_workers_visit (func, work, (GDestroyNotify)linx_work_free, work->pins->fd, LINX_PINS_ALL,
                      LINX_PINS_OWNED, call->left_ms, callback, call);
}

static gboolean
visit_finish (Call *call, GAsyncResult *result, GError **error)
{
  gint64 used_ms = (g_get_monotonic_time () - call->visit_start) / 1000;

  call->left_ms = used_ms < call->left_ms ? call->left_ms - (guint)used_ms : 1;
  return linx_workers_visit_finish (result, (gpointer *)&call->work, error);
}

/* The work is done: what outlives the call, and the answer. */
static void
finish (Call *call)
{
  const LinxVerb *verb = call->request->verb;
  LinxPins *pins = call->work != NULL ? call->work->pins : NULL;
  g_autoptr (GError) error = NULL;
  GVariant *value = call->work != NULL ? call->work->value : NULL;

  if (verb->settle != NULL)
    value = verb->settle (call->bus, call->request, call->caller, pins, value, &error);
  reply (call, value, error);
}

static void
on_room (const GError *error, gpointer user_data)
{
  Call *call = user_data;

  if (error == NULL)
    finish (call);
  else
    reply (call, NULL, error);
}

static void
find_room (Call *call)
{
  const LinxPins *pins = call->work->pins;
  gsize bytes = MAX (g_variant_get_size (call->work->value), pins->reply_bytes);

  linx_room_take (call->caller, bytes, pins->fd[LINX_PIN_REPLY] >= 0 ? 1 : 0, on_room, call);
}

static void
on_performed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (visit_finish (call, result, &error))
    find_room (call);
  else
    reply (call, NULL, error);
}

/* A watch has bounds of its own, for what is about to be opened. */
static gboolean
enter_watch (Call *call, GError **error)
{
  if (call->request->verb->bit != LINX_VERB_WATCH || call->request->only_ask)
    return TRUE;
  call->watches = linx_watch_enter (call->caller, error);
  return call->watches;
}

/* What is refused whatever polkit says. root is asked nothing. */
static gboolean
check_watch (Call *call, GError **error)
{
  if (call->caller->uid == 0)
    return enter_watch (call, error);
  return call->request->verb->bit != LINX_VERB_WATCH || call->request->only_ask
         || linx_watch_bounds_check (call->caller, NULL, error);
}

static void
answer_can (Call *call, LinxVerdict verdict)
{
  static const char *const words[] = { "yes", "challenge", "no" };

  reply (call, g_variant_new ("(s)", words[verdict]), NULL);
}

static gboolean
allows_prompt (const Call *call)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);

  return (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
         != 0;
}

/* Why the caller is refused, or NULL. Nobody is told of a pin error who was not authorized. */
static GError *
refusal (const Call *call, gboolean allowed, GError *refused)
{
  if (allowed && call->pin_error != NULL)
    return g_error_copy (call->pin_error);
  if (refused != NULL && call->pin_error != NULL && allows_prompt (call)) {
    /* It was not asked, and asking again would not help: what it named cannot be looked up. */
    g_clear_error (&refused);
    return g_error_new_literal (LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                                "not authorized");
  }
  return refused;
}

/* Whether polkit has spoken, which is what Can tells: not where a bound was hit or it was too late.
 */
static gboolean
is_verdict (const Call *call, gboolean allowed, const GError *error)
{
  if (allowed)
    return call->pin_error == NULL;
  return error->domain != G_DBUS_ERROR
         && !g_error_matches (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT);
}

static void
on_authorized (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) error = NULL;
  GError *refused = NULL;
  LinxVerdict verdict;
  gboolean allowed = linx_authorize_finish (result, &verdict, &refused);

  (void)source;
  error = refusal (call, allowed, refused);
  if (call->request->only_ask && is_verdict (call, allowed, error))
    answer_can (call, verdict);
  else if (error != NULL || !enter_watch (call, &error))
    reply (call, NULL, error);
  else
    visit (call, linx_work_perform, on_performed);
}

static void
authorize (Call *call)
{
  const LinxPins *pins = call->work->pins;
  g_autoptr (GPtrArray) actions = linx_policy_actions (call->request, pins);
  call->details = linx_details_new (call->request, pins);
  const LinxQuestion question = {
    .sender = call->caller->name,
    .uid = call->caller->uid,
    .actions = (const char *const *)actions->pdata,
    .details = call->details,
    .message = pins->ns[LINX_IN].foreign ? call->request->verb->container_message : NULL,
    .interactive = !call->request->only_ask && call->pin_error == NULL && allows_prompt (call),
    .gone = call->caller->gone,
  };

  linx_authorize (&question, on_authorized, call);
}

static void
on_pinned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  gboolean ok = visit_finish (call, result, &call->pin_error);

  (void)source;
  if (call->work != NULL && call->work->request != call->request) {
    linx_request_unref (call->request);
    call->request = linx_request_ref (call->work->request);
  }
  if (!ok && linx_policy_may_tell (call->request, call->caller, pins_of (call))) {
    g_autoptr (GError) error = g_steal_pointer (&call->pin_error);
    reply (call, NULL, error);
  } else if (call->work == NULL) {
    g_autoptr (GError) error
        = g_error_new_literal (LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED, "not authorized");
    reply (call, NULL, error);
  } else if (ok && call->work->value != NULL) {
    find_room (call);
  } else if (ok && call->work->pins->privileged) {
    answer_can (call, LINX_VERDICT_YES);
  } else {
    authorize (call);
  }
}

/* Takes @error over, where there is no caller. */
static void
go_on (Call *call, GError *failed)
{
  g_autoptr (GError) error = failed;

  if (call->caller != NULL && call->request->fds != NULL)
    call->request->fds->owner = call->caller->uid;
  if (call->caller != NULL && call->request->verb->perform == NULL) {
    finish (call);
    return;
  }
  if (call->caller == NULL || linx_room_is_shut (call->caller, &error)
      || !check_watch (call, &error) || !linx_bounds_enter_call (call->caller->uid, &error)) {
    reply (call, NULL, error);
    return;
  }
  call->work = linx_work_new (call->request, call->caller);
  call->work->counted = TRUE;
  visit (call, linx_work_pin, on_pinned);
}

static void
on_caller (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  GError *error = NULL;

  (void)source;
  call->caller = linx_caller_get_finish (result, &error);
  go_on (call, error);
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
  const LinxVerb *verb = linx_verb_find (g_dbus_method_invocation_get_method_name (invocation));
  LinxMessageFds *fds = linx_message_fds_of (g_dbus_method_invocation_get_message (invocation));
  g_autoptr (GError) error = NULL;
  Call *call = g_new0 (Call, 1);

  under_way++;
  call->invocation = invocation;
  call->bus = g_object_ref (g_dbus_method_invocation_get_connection (invocation));
  if (is_possible (&error))
    call->request = linx_request_decode (verb, g_dbus_method_invocation_get_parameters (invocation),
                                         fds, &error);
  if (call->request == NULL) {
    reply (call, NULL, error);
    return;
  }
  call->left_ms = call->request->timeout_ms;
  call->caller = linx_caller_find (g_dbus_method_invocation_get_sender (invocation));
  if (call->caller != NULL)
    go_on (call, NULL);
  else
    linx_caller_get (g_dbus_method_invocation_get_connection (invocation),
                     g_dbus_method_invocation_get_sender (invocation), on_caller, call);
}
