/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bounds.h"

#include <gio/gio.h>

/* dbus-daemon holds at most 128 replies pending for one connection (max_replies_per_connection),
 * and not all of them are polkit's. */
#define MOST_CHECKS 96
/* A thread each, where all of them are stuck. */
#define MOST_CALLS 1024
/* That part of all calls is root's alone; and twice that of all checks, for those of no person. */
#define RESERVED_PART 8

static int most_calls = 256;
static int most_calls_of_user = 32;
static int most_checks = 64;
static int most_watches_of_user = 64;

static const GOptionEntry options[] = {
  { "max-calls", 0, 0, G_OPTION_ARG_INT, &most_calls, "Calls under way, of all users (default 256)",
    "N" },
  { "max-calls-per-user", 0, 0, G_OPTION_ARG_INT, &most_calls_of_user,
    "Calls under way of one user (default 32)", "N" },
  { "max-checks", 0, 0, G_OPTION_ARG_INT, &most_checks,
    "Questions to polkit under way, of all users (default 64)", "N" },
  { "max-watches-per-user", 0, 0, G_OPTION_ARG_INT, &most_watches_of_user,
    "Watches of one user other than root (default 64)", "N" },
  { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static guint calls;
static guint checks;
static GHashTable *calls_of_uid; /* uid -> count */

const GOptionEntry *
linx_bounds_options (void)
{
  return options;
}

static gboolean
check_option (const char *name, int value, int most, GError **error)
{
  if (value >= 1 && value <= most)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s must be from 1 to %d", name,
               most);
  return FALSE;
}

gboolean
linx_bounds_check_options (GError **error)
{
  return check_option ("max-calls", most_calls, MOST_CALLS, error)
         && check_option ("max-calls-per-user", most_calls_of_user, MOST_CALLS, error)
         && check_option ("max-checks", most_checks, MOST_CHECKS, error)
         && check_option ("max-watches-per-user", most_watches_of_user, LINX_MOST_WATCHES, error);
}

guint
linx_bounds_calls (void)
{
  return (guint)most_calls;
}

guint
linx_bounds_calls_of_user (void)
{
  return (guint)most_calls_of_user;
}

guint
linx_bounds_watches_of_user (void)
{
  return (guint)most_watches_of_user;
}

static gboolean
enter (guint *count, int most, const char *what, GError **error)
{
  if (*count >= (guint)most) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "already %u %s under way",
                 *count, what);
    return FALSE;
  }
  (*count)++;
  return TRUE;
}

gboolean
linx_bounds_enter_call (uid_t uid, GError **error)
{
  int most = uid == 0 ? most_calls : most_calls - most_calls / RESERVED_PART;
  guint count;

  if (calls_of_uid == NULL)
    calls_of_uid = g_hash_table_new (NULL, NULL);
  count = GPOINTER_TO_UINT (g_hash_table_lookup (calls_of_uid, GUINT_TO_POINTER (uid)));
  if (!enter (&count, most_calls_of_user, "calls of this user", error)
      || !enter (&calls, most, "calls", error))
    return FALSE;
  g_hash_table_insert (calls_of_uid, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count));
  return TRUE;
}

void
linx_bounds_leave_call (uid_t uid)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (calls_of_uid, GUINT_TO_POINTER (uid)));

  calls--;
  if (count > 1)
    g_hash_table_insert (calls_of_uid, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (calls_of_uid, GUINT_TO_POINTER (uid));
}

guint
linx_bounds_calls_under_way (void)
{
  return calls;
}

gboolean
linx_bounds_enter_check (gboolean interactive, GError **error)
{
  int reserved = interactive ? 2 * most_checks / RESERVED_PART : 0;

  return enter (&checks, most_checks - reserved, "authorization checks", error);
}

void
linx_bounds_leave_check (void)
{
  checks--;
}
