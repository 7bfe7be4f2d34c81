/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * hang-up USER PID SEED FIRST COUNT: as USER, in the mount namespace of PID, makes COUNT calls,
 * each on a connection of its own, which it closes within twice the time that such a call takes
 * here (the first of a kind waits for its reply). The calls have the numbers
 * from FIRST on; the one with the number N is about /dst/N, or about a mount of a tmpfs that is
 * made at /mnt/N before. For each a line "KIND N OUTCOME": 0: there was no reply in time, 1: it was
 * done, 2: it was refused.
 */

#include "stranger.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ATTRIBUTES "ro,nosuid,nodev,noexec,nosymfollow"
/* What users must say of what they are handed. */
#define FREE "rw,suid,dev,exec"
#define ATTRIBUTE_FLAGS                                                                            \
  (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC                    \
   | MOUNT_ATTR_NOSYMFOLLOW)

/* @arguments: text, with %u for the call's number. */
typedef struct {
  const char *name;
  const char *method;
  const char *arguments;
  gboolean needs_mount;
} Kind;

static const Kind kinds[] = {
  { "mount", "Mount",
    "('none', '/dst/%u', 'tmpfs', {'create': <'directory'>, 'options': <'" ATTRIBUTES
    ",size=64k'>})",
    FALSE },
  { "loop", "Mount",
    "('/image', '/dst/%u', 'ext4', {'create': <'directory'>, 'options': <'" ATTRIBUTES "'>})",
    FALSE },
  { "bind", "Bind",
    "('/a', '/dst/%u', {'create': <'directory'>, 'recursive': <true>, "
    "'options': <'" ATTRIBUTES "'>})",
    FALSE },
  { "attach", "AttachMount", "(@h 0, '/dst/%u', {'create': <'directory'>})", FALSE },
  { "umount", "Umount", "('/mnt/%u', @a{sv} {})", TRUE },
  { "move", "Move", "('/mnt/%u', '/new', @a{sv} {})", TRUE },
  { "remount", "Remount", "('/mnt/%u', {'options': <'" ATTRIBUTES "'>})", TRUE },
  { "propagation", "SetPropagation", "('/mnt/%u', 'shared', @a{sv} {})", TRUE },
  { "create", "CreateMount", "('none', 'tmpfs', {'options': <'" FREE "'>})", FALSE },
  { "clone", "CloneMount", "('/a', {'recursive': <true>, 'options': <'" FREE "'>})", FALSE },
  { "list", "ListMounts", "({'after': <uint64 %u>},)", FALSE },
  { "mountinfo", "OpenMountInfo", "(@a{sv} {},)", FALSE },
  { "watch", "Watch", "(@a{sv} {},)", FALSE },
  { "can", "Can", "('Umount', <('/mnt/%u', @a{sv} {})>)", TRUE },
};

/* The least microseconds seen until the reply to a call of that kind; 0: none was seen yet. */
static gint64 usual[G_N_ELEMENTS (kinds)];

typedef struct {
  const Kind *kind;
  guint number;
  double instant; /* when it hangs up, in parts of what is usual */
  int mount;      /* for AttachMount; else -1 */
  gint64 sent;
  gboolean ended;
  int outcome;
} Call;

static void
check (int result, const char *what)
{
  if (result < 0)
    stranger_die (what, strerror (errno));
}

static int
detached_mount (void)
{
  int context = (int)syscall (SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  int mount;

  check (context, "fsopen");
  check ((int)syscall (SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig");
  mount = (int)syscall (SYS_fsmount, context, FSMOUNT_CLOEXEC, ATTRIBUTE_FLAGS);
  check (mount, "fsmount");
  close (context);
  return mount;
}

/* What there must be before the call. */
static void
prepare (Call *call, GRand *rand, guint number)
{
  g_autofree char *point = g_strdup_printf ("/mnt/%u", number);
  g_autofree char *source = g_strdup_printf ("hang-%u", number);

  call->kind = &kinds[g_rand_int_range (rand, 0, G_N_ELEMENTS (kinds))];
  call->number = number;
  call->instant = g_rand_double_range (rand, 0, 2);
  call->mount = g_str_equal (call->kind->method, "AttachMount") ? detached_mount () : -1;
  if (!call->kind->needs_mount)
    return;
  check (mkdir (point, 0755), point);
  check (mount (source, point, "tmpfs", 0, "size=64k"), point);
}

static GVariant *
arguments_of (const Call *call)
{
  g_autofree char *number = g_strdup_printf ("%u", call->number);
  g_auto (GStrv) parts = g_strsplit (call->kind->arguments, "%u", -1);
  g_autofree char *text = g_strjoinv (number, parts);
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  if (value == NULL)
    stranger_die (text, error->message);
  return value;
}

static void
on_reply (GObject *bus, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GDBusMessage) reply
      = g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (bus), result, NULL);
  gint64 took = g_get_monotonic_time () - call->sent;
  gint64 *known = &usual[call->kind - kinds];

  call->ended = TRUE;
  if (reply == NULL)
    return;
  call->outcome = g_dbus_message_get_message_type (reply) == G_DBUS_MESSAGE_TYPE_ERROR ? 2 : 1;
  *known = *known == 0 ? took : MIN (*known, took);
}

static void
send_call (GDBusConnection *bus, Call *call)
{
  g_autoptr (GDBusMessage) message = stranger_call (call->kind->method, arguments_of (call));
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  if (call->mount >= 0) {
    check (g_unix_fd_list_append (fds, call->mount, NULL), "AttachMount");
    check (close (call->mount), "AttachMount");
    g_dbus_message_set_unix_fd_list (message, fds);
  }
  g_dbus_connection_send_message_with_reply (bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, 60000,
                                             NULL, NULL, on_reply, call);
}

static void
wait_for_end (Call *call)
{
  while (!call->ended)
    g_main_context_iteration (NULL, TRUE);
}

/* The socket is closed without a word, as by a process that ends. */
static void
call_and_hang_up (Call *call)
{
  g_autoptr (GDBusConnection) bus = stranger_connect ();
  GSocketConnection *stream = G_SOCKET_CONNECTION (g_dbus_connection_get_stream (bus));
  gint64 known = usual[call->kind - kinds];

  g_dbus_connection_set_exit_on_close (bus, FALSE);
  call->sent = g_get_monotonic_time ();
  send_call (bus, call);
  if (known == 0)
    wait_for_end (call);
  g_usleep ((gulong)(call->instant * (double)known));
  check (shutdown (g_socket_get_fd (g_socket_connection_get_socket (stream)), SHUT_RDWR),
         "shutdown");
  wait_for_end (call);
  printf ("%s %u %d\n", call->kind->name, call->number, call->outcome);
}

int
main (int argc, char **argv)
{
  g_autoptr (GRand) rand = NULL;
  g_autofree Call *calls = NULL;
  guint first, n;

  if (argc != 6)
    stranger_die ("usage", "hang-up USER PID SEED FIRST COUNT");
  rand = g_rand_new_with_seed ((guint32)strtoul (argv[3], NULL, 10));
  first = (guint)atoi (argv[4]);
  n = (guint)atoi (argv[5]);
  calls = g_new0 (Call, n);
  stranger_enter (argv[1], argv[2]);
  for (guint i = 0; i < n; i++)
    prepare (&calls[i], rand, first + i);
  stranger_become ();
  for (guint i = 0; i < n; i++)
    call_and_hang_up (&calls[i]);
  return 0;
}
