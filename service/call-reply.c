/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/offload.h"
#include "bus/send-limits.h"
#include "bus/unread.h"
#include "call-private.h"
#include "call.h"
#include "linx-error.h"
#include "policy/audit.h"
#include "policy/describe.h"
#include "policy/policy.h"
#include "verbs/verb.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <string.h>

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

static void
leave (void)
{
  under_way--;
  if (under_way == 0 && on_idle != NULL)
    on_idle ();
}

LinxCall *
linx_call_new (GDBusMethodInvocation *invocation)
{
  LinxCall *call = g_new0 (LinxCall, 1);

  under_way++;
  call->invocation = invocation;
  call->start = g_get_monotonic_time ();
  call->bus = g_object_ref (g_dbus_method_invocation_get_connection (invocation));
  return call;
}

static void
on_taken (GObject *bus, GAsyncResult *result, gpointer work)
{
  g_autoptr (GVariant) id G_GNUC_UNUSED
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, NULL);

  linx_work_free (work);
  leave ();
}

/* A descriptor stays open until the bus has its own: the last close of a detached mount may wait
 * for its filesystem, and must be nobody's here but the asynchronous close's. The bus reads one
 * message after the other. (Not g_dbus_connection_flush(): each waits on one of GTask's few
 * threads, and for another one of them, while nothing is sent to anybody.) */
static void
call_free (LinxCall *call)
{
  LinxWork *work = call->work;
  gboolean with_fd = work != NULL && work->pins->reply >= 0;

  if (call->entered)
    linx_verb_of (call->request)->leave (call->caller);
  g_clear_pointer (&call->request, linx_request_unref);
  g_clear_pointer (&call->caller, linx_caller_unref);
  g_clear_pointer (&call->details, linx_details_unref);
  if (with_fd)
    g_dbus_connection_call (call->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                            "org.freedesktop.DBus", "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
                            G_MAXINT, NULL, on_taken, work);
  else if (work != NULL)
    linx_work_free (work);
  g_clear_error (&call->pin_error);
  g_clear_error (&call->early);
  g_object_unref (call->bus);
  g_free (call);
  if (!with_fd)
    leave ();
}

const LinxPins *
linx_call_pins (const LinxCall *call)
{
  return call->work != NULL ? call->work->pins : NULL;
}

static void
audit (LinxCall *call, const GError *error)
{
  if (call->request == NULL || !linx_policy_is_audited (call->request, linx_call_pins (call)))
    return;
  if (call->work != NULL && call->work->details != NULL) {
    g_clear_pointer (&call->details, linx_details_unref);
    call->details = g_steal_pointer (&call->work->details);
  }
  if (call->details == NULL)
    call->details = linx_describe (call->request, linx_call_pins (call));
  linx_audit (call->caller, g_steal_pointer (&call->details), error);
}

/* The descriptor of the reply, if there is one: a copy of it, which a full table has no place for.
 */
static gboolean
take_fds (const LinxCall *call, GUnixFDList **fds, GError **error)
{
  int mount = call->work != NULL ? call->work->pins->reply : -1;

  if (mount < 0)
    return TRUE;
  *fds = g_unix_fd_list_new ();
  return g_unix_fd_list_append (*fds, mount, NULL) >= 0
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_PIPE, EMFILE, "reply", NULL);
}

void
linx_call_reply (LinxCall *call, GVariant *value, const GError *error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) full = NULL;
  g_autofree char *name = NULL;

  if (error == NULL && !take_fds (call, &fds, &full))
    error = full;
  if (call->work != NULL)
    linx_work_answered (call->work);
  name = error != NULL ? linx_error_dbus_name (error) : NULL;
  linx_call_debug (call, "reply", error);
  if (error != NULL && call->caller != NULL)
    linx_unread_add (call->caller, strlen (error->message), 0);
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
begin_large (gpointer data)
{
  LinxCall *call = data;

  linx_call_debug (call, "reply", NULL);
  linx_work_answered (call->work);
}

/* Makes a message of it: of many thousand rows that takes its time. */
static void
send_large (gpointer data)
{
  LinxCall *call = data;

  g_dbus_method_invocation_return_value (g_steal_pointer (&call->invocation), call->work->value);
}

static void
on_sent (gpointer data)
{
  LinxCall *call = data;

  linx_unread_sent (call->caller, call->reply_bytes);
  linx_verb_of (call->request)
      ->settle (call->bus, call->request, call->caller, call->work->pins, call->work->value, NULL);
  audit (call, NULL);
  call_free (call);
}

/* Rows, with which nothing can fail any more. */
static gboolean
is_large (const LinxCall *call)
{
  return call->work != NULL && call->work->pins->listing.reply_bytes > LINX_LARGE_BYTES;
}

void
linx_call_finish (LinxCall *call)
{
  const LinxVerb *verb = linx_verb_of (call->request);
  LinxPins *pins = call->work != NULL ? call->work->pins : NULL;
  g_autoptr (GError) error = NULL;
  GVariant *value = call->work != NULL ? call->work->value : NULL;

  if (is_large (call)) {
    linx_unread_delay (call->caller, call->reply_bytes);
    linx_offload_run (call->caller->account, begin_large, send_large, on_sent, call);
    return;
  }
  if (verb->settle != NULL)
    value = verb->settle (call->bus, call->request, call->caller, pins, value, &error);
  linx_call_reply (call, value, error);
}

static void
on_room (const GError *error, gpointer user_data)
{
  LinxCall *call = user_data;

  if (error == NULL)
    linx_call_finish (call);
  else
    linx_call_reply (call, NULL, error);
}

void
linx_call_reply_when_room (LinxCall *call)
{
  const LinxPins *pins = call->work->pins;

  call->reply_bytes = MAX (g_variant_get_size (call->work->value), pins->listing.reply_bytes);
  linx_send_limits_take (call->caller, call->reply_bytes, pins->reply >= 0 ? 1 : 0, on_room, call);
}
