/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "linx-mount-options-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct _LinxMountOptions {
  GObject parent;

  GHashTable *values; /* key -> Value */
};

/* One of both. */
typedef struct {
  GVariant *variant;
  int fd;          /* its own; -1: none */
  gboolean is_raw; /* it goes into "raw" */
} Value;

G_DEFINE_FINAL_TYPE (LinxMountOptions, linx_mount_options, G_TYPE_OBJECT)

static void
value_free (gpointer data)
{
  Value *value = data;

  g_clear_pointer (&value->variant, g_variant_unref);
  if (value->fd >= 0)
    close (value->fd);
  g_free (value);
}

static void
linx_mount_options_init (LinxMountOptions *options)
{
  options->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
}

static void
linx_mount_options_finalize (GObject *object)
{
  LinxMountOptions *options = LINX_MOUNT_OPTIONS (object);

  g_hash_table_unref (options->values);
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

/* Takes @fd over. */
static void
set_value (LinxMountOptions *options, const char *key, GVariant *variant, int fd)
{
  Value *value = g_new (Value, 1);

  *value = (Value){ variant, fd, FALSE };
  g_hash_table_insert (options->values, g_strdup (key), value);
}

static void
set (LinxMountOptions *options, const char *key, GVariant *variant)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (variant);

  g_return_if_fail (LINX_MOUNT_IS_OPTIONS (options) && key != NULL);
  set_value (options, key, g_steal_pointer (&owned), -1);
}

void
linx_mount_options_set_string (LinxMountOptions *options, const char *key, const char *value)
{
  g_return_if_fail (value != NULL && g_utf8_validate (value, -1, NULL));
  set (options, key, g_variant_new_string (value));
}

void
linx_mount_options_set_filename (LinxMountOptions *options, const char *key, const char *path)
{
  Value *value;

  g_return_if_fail (path != NULL);
  if (g_utf8_validate (path, -1, NULL)) {
    linx_mount_options_set_string (options, key, path);
    return;
  }
  set (options, key, g_variant_new_bytestring (path));
  value = g_hash_table_lookup (options->values, key);
  value->is_raw = TRUE;
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
  int own;

  g_return_val_if_fail (LINX_MOUNT_IS_OPTIONS (options) && key != NULL, FALSE);
  own = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", key,
                 g_strerror (errno));
    return FALSE;
  }
  set_value (options, key, NULL, own);
  return TRUE;
}

static gboolean
set_process (LinxMountOptions *options, const char *key, const char *word, GError **error)
{
  guint64 pid;
  int pidfd;

  if (!g_ascii_string_to_unsigned (word, 10, 1, G_MAXINT, &pid, NULL))
    return linx_error_set_args (error, "%s: '%s' is no process id", key, word);
  pidfd = pidfd_open ((pid_t)pid, 0);
  if (pidfd < 0)
    return linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, errno, word, NULL);
  set_value (options, key, NULL, pidfd);
  return TRUE;
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

/* With a descriptor goes a copy of it. */
static gboolean
add_value (GVariantBuilder *builder, GVariantBuilder *raw, const char *key, const Value *value,
           GUnixFDList *fds, GError **error)
{
  int handle;

  if (value->is_raw) {
    g_variant_builder_add (raw, "{s@ay}", key, value->variant);
    return TRUE;
  }

  if (value->fd < 0) {
    g_variant_builder_add (builder, "{sv}", key, value->variant);
    return TRUE;
  }
  handle = g_unix_fd_list_append (fds, value->fd, error);
  if (handle >= 0)
    g_variant_builder_add (builder, "{sv}", key, g_variant_new_handle (handle));
  return handle >= 0;
}

GVariant *
linx_mount_options_dictionary (LinxMountOptions *options, GVariantBuilder *raw, GUnixFDList *fds,
                               GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) bytes = NULL;
  GHashTableIter iter;
  gpointer key, value;

  if (options != NULL) {
    g_hash_table_iter_init (&iter, options->values);
    while (g_hash_table_iter_next (&iter, &key, &value))
      if (!add_value (&builder, raw, key, value, fds, error))
        return NULL;
  }
  bytes = g_variant_ref_sink (g_variant_builder_end (raw));
  if (g_variant_n_children (bytes) > 0)
    g_variant_builder_add (&builder, "{sv}", "raw", bytes);
  return g_variant_builder_end (&builder);
}
