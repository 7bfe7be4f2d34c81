/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watchdog.h"
#include "notify.h"
#include "supervisor.h"

#include <glib.h>

static gboolean
tell (gpointer unused)
{
  (void)unused;
  if (!linx_supervisor_ping ())
    linx_notify_watchdog ();
  return G_SOURCE_CONTINUE;
}

void
linx_watchdog_init (void)
{
  const char *usec = g_getenv ("WATCHDOG_USEC");
  guint64 interval = usec != NULL ? g_ascii_strtoull (usec, NULL, 10) : 0;

  if (interval > 0)
    g_timeout_add ((guint)(interval / 1000 / 2), tell, NULL);
}
