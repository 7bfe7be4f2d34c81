/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch-bounds.h"
#include "bounds.h"

#include <gio/gio.h>

typedef struct {
  guint watches;
  guint calls;            /* of Watch, under way */
  GHashTable *namespaces; /* inode -> how many of them are of it */
} User;

static GHashTable *users; /* uid -> User */
static guint all;
static guint calls_of_root;
static guint calls_of_others;

static void
user_free (gpointer data)
{
  User *user = data;

  g_hash_table_unref (user->namespaces);
  g_free (user);
}

static User *
find (const LinxCaller *caller)
{
  return users != NULL ? g_hash_table_lookup (users, GUINT_TO_POINTER (caller->uid)) : NULL;
}

static User *
find_or_add (const LinxCaller *caller)
{
  User *user = find (caller);

  if (user != NULL)
    return user;
  if (users == NULL)
    users = g_hash_table_new_full (NULL, NULL, NULL, user_free);
  user = g_new0 (User, 1);
  user->namespaces = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (users, GUINT_TO_POINTER (caller->uid), user);
  return user;
}

static void
forget_unless_needed (const LinxCaller *caller)
{
  const User *user = find (caller);

  if (user->watches == 0 && user->calls == 0)
    g_hash_table_remove (users, GUINT_TO_POINTER (caller->uid));
  if (g_hash_table_size (users) == 0)
    g_clear_pointer (&users, g_hash_table_unref);
}

void
linx_watch_bounds_add (const LinxCaller *caller, guint64 inode)
{
  User *user = find_or_add (caller);
  gpointer key = GSIZE_TO_POINTER ((gsize)inode);

  all++;
  user->watches++;
  g_hash_table_insert (
      user->namespaces, key,
      GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (user->namespaces, key)) + 1));
}

void
linx_watch_bounds_remove (const LinxCaller *caller, guint64 inode)
{
  User *user = find (caller);
  gpointer key = GSIZE_TO_POINTER ((gsize)inode);
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (user->namespaces, key));

  if (count > 1)
    g_hash_table_insert (user->namespaces, key, GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (user->namespaces, key);
  all--;
  user->watches--;
  forget_unless_needed (caller);
}

static gboolean
refuse (GError **error, guint count, const char *what)
{
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "already %u %s", count, what);
  return FALSE;
}

static gboolean
check_user (const User *user, const LinxMonitorParts *parts, GError **error)
{
  guint namespaces = g_hash_table_size (user->namespaces);

  if (user->watches >= linx_bounds_watches_of_user ())
    return refuse (error, user->watches, "watches of this user");
  if (parts != NULL && namespaces >= LINX_MOST_NAMESPACES_OF_USER
      && !g_hash_table_contains (user->namespaces, GSIZE_TO_POINTER ((gsize)parts->inode)))
    return refuse (error, namespaces, "namespaces are watched by this user");
  return TRUE;
}

gboolean
linx_watch_bounds_check (const LinxCaller *caller, const LinxMonitorParts *parts, GError **error)
{
  guint most = LINX_MOST_NAMESPACES_WATCHED - (caller->uid == 0 ? 0 : LINX_NAMESPACES_FOR_ROOT);
  const User *user = caller->uid != 0 ? find (caller) : NULL;

  if (all >= LINX_MOST_WATCHES)
    return refuse (error, all, "watches");
  if (user != NULL && !check_user (user, parts, error))
    return FALSE;
  if (parts != NULL && !linx_monitor_exists (parts) && linx_monitors_count () >= most)
    return refuse (error, linx_monitors_count (), "namespaces are watched");
  return TRUE;
}

gboolean
linx_watch_enter (const LinxCaller *caller, GError **error)
{
  guint *count = caller->uid == 0 ? &calls_of_root : &calls_of_others;
  const User *user = find (caller);

  if (*count >= LINX_MOST_WATCH_CALLS)
    return refuse (error, *count, "calls of Watch under way");
  if (caller->uid != 0 && user != NULL && user->calls >= LINX_MOST_WATCH_CALLS_OF_USER)
    return refuse (error, user->calls, "calls of Watch of this user under way");
  if (!linx_watch_bounds_check (caller, NULL, error))
    return FALSE;
  ++*count;
  find_or_add (caller)->calls++;
  return TRUE;
}

void
linx_watch_leave (const LinxCaller *caller)
{
  --*(caller->uid == 0 ? &calls_of_root : &calls_of_others);
  find (caller)->calls--;
  forget_unless_needed (caller);
}
