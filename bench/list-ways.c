/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-ways.h"
#include "kernel/mountinfo.h"
#include "table/row-writer.h"
#include "kernel/statmount.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <libmount.h>
#include <string.h>
#include <sys/ioctl.h>

/* findmnt's tree takes minutes beyond that. */
#define MAX_TREE 10000

static GDBusConnection *bus;
static pid_t pid;
static guint n_mounts;
static guint64 ns_id;

/* What a row is good for: each key is looked at once. */
static guint64
use_rows (GVariant *rows, guint64 *last)
{
  GVariantIter iter, *row;
  const char *key;
  GVariant *value;
  guint64 n = 0;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(a{sv})", &row)) {
    while (g_variant_iter_loop (row, "{&sv}", &key, &value))
      if (last != NULL && g_str_equal (key, "id"))
        *last = g_variant_get_uint64 (value);
    g_variant_iter_free (row);
    n++;
  }
  return n;
}

static GVariant *
list (GVariantDict *options)
{
  g_autoptr (GVariant) reply = NULL;

  g_variant_dict_insert (options, "in", "u", (guint32)pid);
  g_variant_dict_insert (options, "timeout", "u", 600000);
  reply = bench_call (bus, BENCH_NAME, "ListMounts",
                      g_variant_new ("(@a{sv})", g_variant_dict_end (options)), NULL);
  return g_variant_get_child_value (reply, 0);
}

static guint64
list_and_use (GVariantDict *options, guint64 *last)
{
  g_autoptr (GVariant) rows = list (options);

  return use_rows (rows, last);
}

static void
expect (guint64 n, gboolean ok)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT " rows", n);

  if (!ok)
    bench_die ("a wrong answer", text);
}

static void
by_pages (const char *const *fields)
{
  guint64 last = 0, n, all = 0;

  do {
    GVariantDict options;

    g_variant_dict_init (&options, NULL);
    if (n_mounts > LIST_MAX_WHOLE)
      g_variant_dict_insert (&options, "limit", "u", LIST_PAGE);
    if (last != 0)
      g_variant_dict_insert (&options, "after", "t", last);
    if (fields != NULL)
      g_variant_dict_insert (&options, "fields", "^as", fields);
    n = list_and_use (&options, &last);
    all += n;
  } while (n == LIST_PAGE && n_mounts > LIST_MAX_WHOLE);
  expect (all, all >= n_mounts);
}

void
bench_list_whole (void)
{
  by_pages (NULL);
}

static void
two_fields (void)
{
  static const char *const fields[] = { "mount-point", "fstype", "id", NULL };

  by_pages (fields);
}

static void
filter (void)
{
  static const char *const types[] = { "ramfs", NULL };
  GVariantDict options;
  guint64 n;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "fstype", "^as", types);
  n = list_and_use (&options, NULL);
  expect (n, n == (n_mounts > 100 ? 10 : n));
}

void
bench_list_target (void)
{
  GVariantDict options;
  guint64 n;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "target", "s", "/mnt");
  n = list_and_use (&options, NULL);
  expect (n, n == 1);
}

static void
use_libmount (FILE *stream)
{
  struct libmnt_table *table = mnt_new_table ();

  if (stream == NULL || mnt_table_parse_stream (table, stream, "mountinfo") != 0)
    bench_die ("mountinfo", "cannot be read");
  expect ((guint64)mnt_table_get_nents (table), mnt_table_get_nents (table) >= (int)n_mounts);
  mnt_unref_table (table);
  fclose (stream);
}

static void
open_mountinfo (void)
{
  GUnixFDList *fds = NULL;
  GVariantDict options;
  GVariant *reply;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "in", "u", (guint32)pid);
  reply = bench_call (bus, BENCH_NAME, "OpenMountInfo",
                      g_variant_new ("(@a{sv})", g_variant_dict_end (&options)), &fds);
  use_libmount (fdopen (g_unix_fd_list_get (fds, 0, NULL), "r"));
  g_object_unref (fds);
  g_variant_unref (reply);
}

static void
libmount (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/mountinfo", (int)pid);

  use_libmount (fopen (path, "re"));
}

/* Runs a program that reads the table, and reads all that it prints. */
static void
run (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *printed = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &printed, NULL,
                     &status, &error))
    bench_die (argv[0], error->message);
  if (status != 0 || printed[0] == '\0')
    bench_die (argv[0], "failed");
}

static void
findmnt (const char *option, const char *more)
{
  g_autofree char *task = g_strdup_printf ("%d", (int)pid);
  const char *const argv[] = { "findmnt", "-N", task, option, more, NULL };

  run (argv);
}

static void
findmnt_list (void)
{
  findmnt ("-J", "--list");
}

static void
findmnt_tree (void)
{
  findmnt ("--json", NULL);
}

static void
findmnt_target (void)
{
  findmnt ("/mnt", NULL);
}

static void
findmnt_type (void)
{
  findmnt ("-lt", n_mounts > 100 ? "ramfs" : "tmpfs");
}

static void
busctl (void)
{
  g_autofree char *in = g_strdup_printf ("%d", (int)pid);
  const char *const argv[] = { "busctl",
                               "--json=short",
                               "call",
                               BENCH_NAME,
                               "/org/linx/Mount1",
                               BENCH_NAME,
                               "ListMounts",
                               "a{sv}",
                               "1",
                               "in",
                               "u",
                               in,
                               NULL };

  run (argv);
}

static void
ctl_tree (void)
{
  g_autofree char *in = g_strdup_printf ("%d", (int)pid);
  const char *const argv[] = { "linx-mountctl", "list", "--tree", "--in", in, NULL };

  run (argv);
}

/* The steps of a whole listing, in this process */

static GVariant *body;
static guchar *blob;
static gsize blob_size;

static gboolean
count_row (LinxRow *row, gpointer data)
{
  (void)row;
  (*(guint *)data)++;
  return TRUE;
}

static gboolean
write_row (LinxRow *row, gpointer writer)
{
  linx_row_writer_add (writer, row);
  return TRUE;
}

static void
step_read (void)
{
  guint n = 0;

  if (!linx_statmount_each (ns_id, 0, count_row, &n, NULL))
    bench_die ("statmount", strerror (errno));
}

static void
step_build (void)
{
  g_autoptr (LinxRowWriter) writer = linx_row_writer_new (NULL);
  GVariant *rows;

  linx_statmount_each (ns_id, 0, write_row, writer, NULL);
  g_clear_pointer (&body, g_variant_unref);
  rows = linx_row_writer_end (writer);
  body = g_variant_ref_sink (g_variant_new_tuple (&rows, 1));
}

static void
step_encode (void)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (NULL, "/a", NULL, "A");

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_body (message, body);
  g_free (blob);
  blob = g_dbus_message_to_blob (message, &blob_size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
}

static void
step_decode (void)
{
  g_object_unref (
      g_dbus_message_new_from_blob (blob, blob_size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL));
}

static void
step_use (void)
{
  g_autoptr (GDBusMessage) message
      = g_dbus_message_new_from_blob (blob, blob_size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_autoptr (GVariant) rows = g_variant_get_child_value (g_dbus_message_get_body (message), 0);

  use_rows (rows, NULL);
}

static const ListWay ways[] = {
  { "findmnt --json", findmnt_tree, MAX_TREE, NULL },
  { "findmnt -J --list", findmnt_list, 100000, NULL },
  { "findmnt TARGET", findmnt_target, 100000, NULL },
  { "findmnt -l -t TYPE", findmnt_type, 100000, NULL },
  { "libmount", libmount, 100000, "findmnt -J --list" },
  { "whole", bench_list_whole, 100000, "findmnt -J --list" },
  { "whole, busctl -j", busctl, LIST_MAX_WHOLE, "findmnt -J --list" },
  { "linx-mountctl --tree", ctl_tree, 100000, "whole" },
  { "three fields", two_fields, 100000, "findmnt -J --list" },
  { "OpenMountInfo", open_mountinfo, 100000, "libmount" },
  { "filter: 10 rows", filter, 100000, "findmnt -l -t TYPE" },
  { "target", bench_list_target, 100000, "findmnt TARGET" },
  { "  step: read", step_read, LIST_MAX_WHOLE, "whole" },
  { "  step: + build", step_build, LIST_MAX_WHOLE, "whole" },
  { "  step: encode", step_encode, LIST_MAX_WHOLE, "whole" },
  { "  step: decode", step_decode, LIST_MAX_WHOLE, "whole" },
  { "  step: + use", step_use, LIST_MAX_WHOLE, "whole" },
};

void
bench_list_in (GDBusConnection *connection, pid_t process, guint mounts)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/ns/mnt", (int)process);
  int ns = bench_check (open (path, O_RDONLY | O_CLOEXEC), path);

  bench_check (ioctl (ns, LINX_NS_GET_MNTNS_ID, &ns_id), "NS_GET_MNTNS_ID");
  close (ns);
  bus = connection;
  pid = process;
  n_mounts = mounts;
}

const ListWay *
bench_list_ways (guint *n)
{
  *n = G_N_ELEMENTS (ways);
  return ways;
}
