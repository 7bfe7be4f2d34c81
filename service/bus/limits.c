/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/limits.h"

#include <gio/gio.h>

/* dbus-daemon holds at most 128 replies pending for one connection (max_replies_per_connection),
 * and not all of them are polkit's. */
#define MAX_CHECKS 96
/* A thread each, where all of them are stuck. */
#define MAX_CALLS 1024
/* More than a caller that makes one call after the other leaves behind on a machine that is busy.
 */
#define MAX_CLOSES 1024
#define MAX_CLOSES_OF_USER 128
/* Root may have as many calls as so many users. */
#define ROOTS_USERS 4
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

static LinxQuota calls;
static LinxQuota closes; /* of calls that have their answer */
static LinxQuota checks;
static LinxQuota prompts; /* of the checks, those that a person may be asked for */

const GOptionEntry *
linx_limits_options (void)
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

/* root is asked nothing. */
static void
init_checks (LinxQuota *quota, guint total)
{
  linx_quota_init (quota, total, 0);
  quota->for_root = 0;
}

gboolean
linx_limits_check_options (GError **error)
{
  guint most = (guint)most_checks;

  if (!check_option ("max-calls", most_calls, MAX_CALLS, error)
      || !check_option ("max-calls-per-user", most_calls_of_user, MAX_CALLS, error)
      || !check_option ("max-checks", most_checks, MAX_CHECKS, error)
      || !check_option ("max-watches-per-user", most_watches_of_user, LINX_MAX_WATCHES, error))
    return FALSE;
  linx_quota_init (&calls, (guint)most_calls, (guint)most_calls_of_user);
  calls.share_of_root = linx_limits_calls_of_root ();
  linx_quota_init (&closes, (guint)MAX (most_calls, MAX_CLOSES), MAX_CLOSES_OF_USER);
  init_checks (&checks, most);
  init_checks (&prompts, most - 2 * most / LINX_QUOTA_PART);
  return TRUE;
}

guint
linx_limits_calls (void)
{
  return (guint)most_calls;
}

guint
linx_limits_calls_of_user (void)
{
  return (guint)most_calls_of_user;
}

guint
linx_limits_calls_of_root (void)
{
  return ROOTS_USERS * (guint)most_calls_of_user;
}

guint
linx_limits_watches_of_user (void)
{
  return (guint)most_watches_of_user;
}

static gboolean
enter (LinxQuota *quota, LinxAccount account, const char *what, GError **error)
{
  LinxQuotaState state = linx_quota_ask (quota, account, 1);

  if (state == LINX_QUOTA_OPEN)
    linx_quota_add (quota, account, 1);
  else if (state == LINX_QUOTA_SHARE_IS_FULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "already %" G_GSIZE_FORMAT " %s of this user under way",
                 linx_quota_of (quota, account), what);
  else
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                 "already %" G_GSIZE_FORMAT " %s under way", quota->all, what);
  return state == LINX_QUOTA_OPEN;
}

gboolean
linx_limits_enter_call (LinxAccount account, GError **error)
{
  LinxQuotaState state = linx_quota_ask (&closes, account, 1);

  if (state == LINX_QUOTA_OPEN)
    return enter (&calls, account, "calls", error);
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "already %" G_GSIZE_FORMAT " calls%s whose descriptors cannot be closed",
               state == LINX_QUOTA_IS_FULL ? closes.all : linx_quota_of (&closes, account),
               state == LINX_QUOTA_IS_FULL ? "" : " of this user");
  return FALSE;
}

void
linx_limits_enter_close (LinxAccount account)
{
  linx_quota_add (&closes, account, 1);
}

void
linx_limits_leave_close (LinxAccount account)
{
  linx_quota_remove (&closes, account, 1);
}

void
linx_limits_leave_call (LinxAccount account)
{
  linx_quota_remove (&calls, account, 1);
}

guint
linx_limits_calls_under_way (void)
{
  return (guint)(calls.all + closes.all);
}

gboolean
linx_limits_enter_check (LinxAccount account, gboolean interactive, GError **error)
{
  if (!enter (&checks, account, "authorization checks", error))
    return FALSE;
  if (!interactive || enter (&prompts, account, "authorization checks", error))
    return TRUE;
  linx_quota_remove (&checks, account, 1);
  return FALSE;
}

void
linx_limits_leave_check (LinxAccount account, gboolean interactive)
{
  linx_quota_remove (&checks, account, 1);
  if (interactive)
    linx_quota_remove (&prompts, account, 1);
}
