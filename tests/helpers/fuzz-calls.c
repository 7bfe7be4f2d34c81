/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * fuzz-calls USER PID tame|wild SEED COUNT FD...: as USER, in the mount namespace of PID, makes
 * COUNT random calls, a few at a time. In the end a line "OUTCOME COUNT" for each outcome there
 * was: "done METHOD", the name of an error, or "no reply: ...". Descriptors that come with replies
 * go into later calls.
 */

#include "random-call.h"
#include "stranger.h"

#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 8
#define MAX_KEPT 6
#define REPLY_MS 120000

static RandomCalls calls;
static guint n_given, kept;
static guint to_send, pending;
static GHashTable *outcomes;
static GDBusConnection *bus;

static void
count (char *outcome)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (outcomes, outcome));

  g_hash_table_replace (outcomes, outcome, GUINT_TO_POINTER (n + 1));
}

/* In the place of what was kept first. */
static void
keep_fds (GUnixFDList *list)
{
  g_autofree int *fds = NULL;
  gint n;

  if (list == NULL)
    return;
  fds = g_unix_fd_list_steal_fds (list, &n);
  for (gint i = 0; i < n; i++) {
    guint place = n_given + kept++ % MAX_KEPT;

    if (place < calls.n_fds)
      close (calls.fds[place]);
    else
      calls.n_fds++;
    calls.fds[place] = fds[i];
  }
}

static char *
outcome_of (GDBusMessage *reply, const char *method, const GError *error)
{
  if (reply == NULL)
    return g_strdup_printf ("no reply: %s", error->message);
  if (g_dbus_message_get_message_type (reply) == G_DBUS_MESSAGE_TYPE_ERROR)
    return g_strdup (g_dbus_message_get_error_name (reply));
  return g_strdup_printf ("done %s", method);
}

static void send_some (void);

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *method = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusMessage) reply = g_dbus_connection_send_message_with_reply_finish (
      G_DBUS_CONNECTION (source), result, &error);

  pending--;
  if (reply != NULL)
    keep_fds (g_dbus_message_get_unix_fd_list (reply));
  count (outcome_of (reply, method, error));
  send_some ();
}

static void
send_some (void)
{
  for (; to_send > 0 && pending < AT_ONCE; to_send--) {
    g_autoptr (GDBusMessage) message = random_call (&calls);

    pending++;
    g_dbus_connection_send_message_with_reply (bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                               REPLY_MS, NULL, NULL, on_reply,
                                               g_strdup (g_dbus_message_get_member (message)));
  }
}

int
main (int argc, char **argv)
{
  GHashTableIter iter;
  gpointer outcome, n;

  if (argc < 8)
    stranger_die ("usage", "fuzz-calls USER PID tame|wild SEED COUNT FD...");
  calls.child = (guint)atoi (argv[2]);
  calls.tame = g_str_equal (argv[3], "tame");
  calls.rand = g_rand_new_with_seed ((guint32)strtoul (argv[4], NULL, 10));
  to_send = (guint)atoi (argv[5]);
  for (int i = 6; i < argc && calls.n_fds < G_N_ELEMENTS (calls.fds) - MAX_KEPT; i++)
    calls.fds[calls.n_fds++] = atoi (argv[i]);
  n_given = calls.n_fds;
  outcomes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  stranger_enter (argv[1], argv[2]);
  stranger_become ();
  bus = stranger_connect ();
  send_some ();
  while (pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_hash_table_iter_init (&iter, outcomes);
  while (g_hash_table_iter_next (&iter, &outcome, &n))
    printf ("%s %u\n", (const char *)outcome, GPOINTER_TO_UINT (n));
  return 0;
}
