/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "work.h"
#include "bounds.h"
#include "fstab.h"
#include "linx-error.h"
#include "namespace.h"
#include "verb.h"

LinxWork *
linx_work_new (LinxRequest *request, LinxCaller *caller)
{
  LinxWork *work = g_new0 (LinxWork, 1);

  work->request = linx_request_ref (request);
  work->pins = linx_pins_new (caller, request);
  return work;
}

static gboolean
leave_bounds (gpointer uid)
{
  linx_bounds_leave_call (GPOINTER_TO_UINT (uid));
  return G_SOURCE_REMOVE;
}

void
linx_work_free (LinxWork *work)
{
  gpointer uid = GUINT_TO_POINTER (work->pins->caller->uid);
  gboolean counted = work->counted;

  linx_request_unref (work->request);
  linx_pins_free (work->pins); /* which may wait for a filesystem: until then it counts */
  g_clear_pointer (&work->value, g_variant_unref);
  g_free (work);
  if (counted && g_main_context_is_owner (NULL))
    leave_bounds (uid);
  else if (counted)
    g_idle_add_full (G_PRIORITY_DEFAULT, leave_bounds, uid, NULL);
}

/* Before the reply: a descriptor on a mount keeps it busy. */
static void
close_pins (LinxPins *pins)
{
  for (guint i = 0; i < LINX_PINS_OWNED; i++)
    if (i < LINX_PIN_REPLY || i >= LINX_PIN_LAYERS)
      linx_pins_close (pins, i);
}

static gboolean
perform (LinxVisit *visit, LinxWork *work, GError **error)
{
  GVariant *value = work->request->verb->perform (visit, work->request, work->pins, error);

  close_pins (work->pins);
  if (value == NULL)
    return FALSE;
  work->value = g_variant_ref_sink (value);
  g_variant_get_size (value); /* which it keeps: not for the main loop to find out */
  return TRUE;
}

static gboolean
look_up (const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean ok;

  if (request->verb->pin == NULL)
    return TRUE;
  if (!linx_caller_assume (pins->caller, pins->gid, error))
    return FALSE;
  ok = request->verb->pin (request, pins, error);
  return linx_caller_resume (ok ? error : NULL) && ok;
}

/* polkit always says yes to uid 0, so this is where a root that is none here ends: in a container
 * that was handed the bus socket, or stripped of its capabilities. */
static gboolean
refuse_mere_uid_0 (const LinxPins *pins, GError **error)
{
  if (pins->caller->uid != 0 || pins->privileged)
    return TRUE;
  g_set_error_literal (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                       "uid 0 without CAP_SYS_ADMIN in the initial user namespace");
  return FALSE;
}

/* What was left out becomes part of the request, before anything of it is looked up. */
static gboolean
complete (LinxWork *work, GError **error)
{
  LinxRequest *given = work->request;

  if (!linx_fstab_is_wanted (given))
    return TRUE;
  if (work->pins->ns[LINX_IN].kind != LINX_NAMESPACE_HOST)
    return given->source.path[0] != '\0' && given->target.path[0] != '\0'
               ? TRUE
               : linx_error_set_args (error, "'%s' is empty, and /etc/fstab is for the host alone",
                                      given->source.path[0] == '\0' ? "source" : "target");
  if (!linx_caller_assume (work->pins->caller, work->pins->gid, error))
    return FALSE;
  work->request = linx_fstab_complete (given, error);
  if (!linx_caller_resume (work->request != NULL ? error : NULL))
    g_clear_pointer (&work->request, linx_request_unref);
  if (work->request == NULL) {
    work->request = given;
    return FALSE;
  }
  linx_request_unref (given);
  return TRUE;
}

static gboolean
pin (LinxWork *work, GError **error)
{
  LinxPins *pins = work->pins;

  return linx_caller_verify (pins->caller, pins->fd[LINX_LENT_CALLER], &pins->privileged,
                             &pins->gid, error)
         && refuse_mere_uid_0 (pins, error) && linx_namespace_pin (work->request, pins, error)
         && linx_namespace_enter (pins, LINX_IN, error) && complete (work, error)
         && look_up (work->request, pins, error);
}

gboolean
linx_work_pin (LinxVisit *visit, gpointer data, GError **error)
{
  LinxWork *work = data;
  gboolean ok = pin (work, error);

  if (!ok || work->request->only_ask) {
    close_pins (work->pins);
    return ok;
  }
  work->pins->fresh = TRUE;
  return work->pins->privileged ? perform (visit, work, error) : TRUE;
}

gboolean
linx_work_perform (LinxVisit *visit, gpointer data, GError **error)
{
  LinxWork *work = data;

  work->pins->fresh = FALSE;
  return linx_namespace_enter (work->pins, LINX_IN, error) && perform (visit, work, error);
}
