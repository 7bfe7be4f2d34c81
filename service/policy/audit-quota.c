/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/audit-quota.h"

#define MAX_DONE 10000
#define MAX_BYTES (1024 * 1024)
#define MAX_BYTES_OF_ALL (16 * MAX_BYTES)
#define LEAST_BYTES (16 * 1024)
/* Those who come after them are one user. Root has its place. */
#define MAX_USERS 1024
#define OTHERS G_MAXUINT
/* As many are named in the line. */
#define MAX_NAMED 32

typedef struct {
  LinxAccount id;
  guint done;
  gsize bytes;
  guint done_left_out;
  guint failed_left_out;
} User;

struct _LinxAuditQuota {
  gint64 start;
  GHashTable *users; /* of User, by id */
  gsize bytes;
  gboolean is_over;
};

LinxAuditQuota *
linx_audit_quota_new (void)
{
  LinxAuditQuota *quota = g_new0 (LinxAuditQuota, 1);

  quota->start = -LINX_AUDIT_WINDOW;
  quota->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return quota;
}

void
linx_audit_quota_free (LinxAuditQuota *quota)
{
  g_hash_table_unref (quota->users);
  g_free (quota);
}

static User *
find_user (LinxAuditQuota *quota, LinxAccount id)
{
  User *user = g_hash_table_lookup (quota->users, GSIZE_TO_POINTER ((gsize)id));

  if (user != NULL)
    return user;
  if (id != 0 && id != OTHERS && g_hash_table_size (quota->users) >= MAX_USERS)
    return find_user (quota, OTHERS);
  user = g_new0 (User, 1);
  user->id = id;
  g_hash_table_insert (quota->users, GSIZE_TO_POINTER ((gsize)id), user);
  return user;
}

static gboolean
has_bytes (const LinxAuditQuota *quota, const User *user)
{
  return user->bytes < (quota->bytes < MAX_BYTES_OF_ALL ? MAX_BYTES : LEAST_BYTES);
}

gboolean
linx_audit_quota_admits (LinxAuditQuota *quota, LinxAccount id, gboolean failed)
{
  User *user = find_user (quota, id);

  if (failed ? has_bytes (quota, user) : user->done < MAX_DONE)
    return TRUE;
  quota->is_over = TRUE;
  user->failed_left_out += failed ? 1 : 0;
  user->done_left_out += failed ? 0 : 1;
  return FALSE;
}

void
linx_audit_quota_charge (LinxAuditQuota *quota, LinxAccount id, gboolean failed, gsize bytes)
{
  User *user = find_user (quota, id);

  user->done += failed ? 0 : 1;
  user->bytes += failed ? bytes : 0;
  quota->bytes += failed ? bytes : 0;
}

gint64
linx_audit_quota_left (const LinxAuditQuota *quota, gint64 now)
{
  return MAX (0, quota->start + LINX_AUDIT_WINDOW - now);
}

gboolean
linx_audit_quota_is_over (const LinxAuditQuota *quota)
{
  return quota->is_over;
}

static void
append_user (GString *text, const User *user)
{
  if (user->id == OTHERS)
    g_string_append (text, " uid=others");
  else
    g_string_append_printf (text, " uid=%" G_GUINT64_FORMAT, user->id);
  g_string_append_printf (text, " done=%u failed=%u", user->done_left_out, user->failed_left_out);
}

static char *
left_out (const LinxAuditQuota *quota)
{
  GString *text = g_string_new ("audit: beyond what a user may fill the journal with, not shown:");
  GHashTableIter iter;
  gpointer value;
  User rest = { OTHERS, 0, 0, 0, 0 };
  guint named = 0;

  g_hash_table_iter_init (&iter, quota->users);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const User *user = value;

    if (user->id != OTHERS && user->done_left_out + user->failed_left_out > 0
        && (user->id == 0 || named < MAX_NAMED)) {
      append_user (text, user);
      named++;
    } else {
      rest.done_left_out += user->done_left_out;
      rest.failed_left_out += user->failed_left_out;
    }
  }
  if (rest.done_left_out + rest.failed_left_out > 0)
    append_user (text, &rest);
  return g_string_free (text, FALSE);
}

char *
linx_audit_quota_restart (LinxAuditQuota *quota, gint64 now)
{
  char *text = quota->is_over ? left_out (quota) : NULL;

  g_hash_table_remove_all (quota->users);
  quota->start = now;
  quota->bytes = 0;
  quota->is_over = FALSE;
  return text;
}
