/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call-private.h"
#include "linx-error.h"

/* Of the main loop alone: what writes to the journal looks its socket up. */
void
linx_call_debug (const LinxCall *call, const char *stage, const GError *error)
{
  g_autofree char *name = NULL;

  if (g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    return;
  name = error != NULL ? linx_error_dbus_name (error) : g_strdup ("ok");
  g_debug ("call %s/%u %s: %s: %s, %" G_GINT64_FORMAT " us",
           g_dbus_method_invocation_get_sender (call->invocation),
           g_dbus_message_get_serial (g_dbus_method_invocation_get_message (call->invocation)),
           g_dbus_method_invocation_get_method_name (call->invocation), stage, name,
           g_get_monotonic_time () - call->start);
}
