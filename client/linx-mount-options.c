/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "linx-mount-options-private.h"

#include <errno.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct _LinxMountOptions {
  GObject parent;

  GHashTable *values; /* key -> GVariant */
  GUnixFDList *fds;
};

G_DEFINE_FINAL_TYPE (LinxMountOptions, linx_mount_options, G_TYPE_OBJECT)

static void
linx_mount_options_init (LinxMountOptions *options)
{
  options->values
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
  options->fds = g_unix_fd_list_new ();
}

static void
linx_mount_options_finalize (GObject *object)
{
  LinxMountOptions *options = LINX_MOUNT_OPTIONS (object);

  g_hash_table_unref (options->values);
  g_object_unref (options->fds);
  G_OBJECT_CLASS (linx_mount_options_parent_class)->finalize (object);
}

static void
linx_mount_options_class_init (LinxMountOptionsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = linx_mount_options_finalize;
}

LinxMountOptions *
linx_mount_options_new (void)
{
  return g_object_new (LINX_MOUNT_TYPE_OPTIONS, NULL);
}

static void
set (LinxMountOptions *options, const char *key, GVariant *value)
{
  g_return_if_fail (LINX_MOUNT_IS_OPTIONS (options) && key != NULL);
  g_hash_table_insert (options->values, g_strdup (key), g_variant_ref_sink (value));
}

void
linx_mount_options_set_string (LinxMountOptions *options, const char *key, const char *value)
{
  g_return_if_fail (value != NULL && g_utf8_validate (value, -1, NULL));
  set (options, key, g_variant_new_string (value));
}

void
linx_mount_options_set_strings (LinxMountOptions *options, const char *key,
                                const char *const *values)
{
  set (options, key, g_variant_new_strv (values, -1));
}

void
linx_mount_options_set_boolean (LinxMountOptions *options, const char *key, gboolean value)
{
  set (options, key, g_variant_new_boolean (value));
}

void
linx_mount_options_set_number (LinxMountOptions *options, const char *key, guint64 value)
{
  set (options, key, g_variant_new_uint64 (value));
}

gboolean
linx_mount_options_set_fd (LinxMountOptions *options, const char *key, int fd, GError **error)
{
  int handle = g_unix_fd_list_append (options->fds, fd, error);

  if (handle < 0)
    return FALSE;
  set (options, key, g_variant_new_handle (handle));
  return TRUE;
}

static gboolean
set_process (LinxMountOptions *options, const char *key, const char *word, GError **error)
{
  guint64 pid;
  gboolean ok;
  int pidfd;

  if (!g_ascii_string_to_unsigned (word, 10, 1, G_MAXINT, &pid, NULL))
    return linx_error_set_args (error, "%s: '%s' is no process id", key, word);
  pidfd = pidfd_open ((pid_t)pid, 0);
  if (pidfd < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, errno, word, NULL);
  ok = linx_mount_options_set_fd (options, key, pidfd, error);
  close (pidfd);
  return ok;
}

gboolean
linx_mount_options_set_namespace (LinxMountOptions *options, const char *key, const char *word,
                                  GError **error)
{
  if (g_ascii_isdigit (word[0]))
    return set_process (options, key, word, error);
  if (!g_str_equal (word, "self") && !g_str_equal (word, "host") && word[0] != '/')
    return linx_error_set_args (
        error, "%s: '%s' is neither \"self\", \"host\", a process id nor an absolute path", key,
        word);
  if (!g_utf8_validate (word, -1, NULL))
    return linx_error_set_args (error, "%s: the path is not UTF-8", key);
  linx_mount_options_set_string (options, key, word);
  return TRUE;
}

GUnixFDList *
linx_mount_options_copy_fds (LinxMountOptions *options, GError **error)
{
  g_autoptr (GUnixFDList) copy = g_unix_fd_list_new ();
  const int *fds;
  int n;

  if (options == NULL)
    return g_steal_pointer (&copy);
  fds = g_unix_fd_list_peek_fds (options->fds, &n);
  for (int i = 0; i < n; i++)
    if (g_unix_fd_list_append (copy, fds[i], error) < 0)
      return NULL;
  return g_steal_pointer (&copy);
}

GVariant *
linx_mount_options_dictionary (LinxMountOptions *options, GVariant *raw)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GHashTableIter iter;
  gpointer key, value;

  if (options != NULL) {
    g_hash_table_iter_init (&iter, options->values);
    while (g_hash_table_iter_next (&iter, &key, &value))
      g_variant_builder_add (&builder, "{sv}", key, value);
  }
  if (raw != NULL)
    g_variant_builder_add (&builder, "{sv}", "raw", raw);
  return g_variant_builder_end (&builder);
}
