/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bounds.h"

#include <gio/gio.h>

static guint calls;
static guint checks;
static GHashTable *calls_of_uid; /* uid -> count */

static gboolean
enter (guint *count, guint most, const char *what, GError **error)
{
  if (*count >= most) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "already %u %s under way",
                 *count, what);
    return FALSE;
  }
  (*count)++;
  return TRUE;
}

gboolean
linx_bounds_enter_call (GError **error)
{
  return enter (&calls, LINX_MOST_CALLS, "calls", error);
}

void
linx_bounds_leave_call (void)
{
  calls--;
}

gboolean
linx_bounds_enter_uid (uid_t uid, GError **error)
{
  guint count;

  if (calls_of_uid == NULL)
    calls_of_uid = g_hash_table_new (NULL, NULL);
  count = GPOINTER_TO_UINT (g_hash_table_lookup (calls_of_uid, GUINT_TO_POINTER (uid)));
  if (!enter (&count, LINX_MOST_CALLS_OF_UID, "calls of this user", error))
    return FALSE;
  g_hash_table_insert (calls_of_uid, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count));
  return TRUE;
}

void
linx_bounds_leave_uid (uid_t uid)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (calls_of_uid, GUINT_TO_POINTER (uid)));

  if (count > 1)
    g_hash_table_insert (calls_of_uid, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (calls_of_uid, GUINT_TO_POINTER (uid));
}

gboolean
linx_bounds_enter_check (GError **error)
{
  return enter (&checks, LINX_MOST_CHECKS, "authorization checks", error);
}

void
linx_bounds_leave_check (void)
{
  checks--;
}
