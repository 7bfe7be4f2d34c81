/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/overlay-layers.h"
#include "bus/limits.h"
#include "kernel/features.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "quota/layer-quota.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

/* What looking all layers of a call up may take of a CPU. */
#define MAX_LOOKUP_US (200 * 1000)
/* What fsconfig(2) takes, with the zero byte. */
#define MAX_STRING_BYTES 256

static void
clear_layer (gpointer data)
{
  LinxLayer *layer = data;

  linx_place_clear (&layer->place);
  if (layer->fd >= 0)
    close (layer->fd);
}

static const LinxLayer *
layer_at (const LinxPins *pins, guint i)
{
  return &g_array_index (pins->fs.layers, LinxLayer, i);
}

/* The overlay writes there with the rights of who mounts it: root's. */
static gboolean
is_written (const char *option)
{
  return g_str_equal (option, "upperdir") || g_str_equal (option, "workdir");
}

static gboolean
take_place (LinxPins *pins, GError **error)
{
  if (pins->fs.layers->len == LINX_MAX_LAYERS)
    return linx_error_set_args (error, "more than %d layers", LINX_MAX_LAYERS);
  if (!linx_layers_take (pins->memory.account, 1, error))
    return FALSE;
  pins->fs.layers_taken++;
  return TRUE;
}

/* What is said of the call has all of them. */
static gboolean
check_length (const LinxPins *pins, const LinxLayer *layer, GError **error)
{
  gsize bytes = strlen (layer->place.path);

  for (guint i = 0; i < pins->fs.layers->len; i++)
    bytes += strlen (layer_at (pins, i)->place.path);
  if (bytes <= LINX_MAX_ARGUMENT_BYTES)
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
               "the paths of the layers take more than %d bytes", LINX_MAX_ARGUMENT_BYTES);
  return FALSE;
}

static gint64
cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* By thousands of links and ".." a path of 4 KiB can take milliseconds. */
static gboolean
check_time (LinxPins *pins, GError **error)
{
  if (cpu_us () - pins->fs.layers_start_us <= MAX_LOOKUP_US)
    return TRUE;
  g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                       "the layers take too long to be looked up");
  return FALSE;
}

static gboolean
hold (const LinxRequest *request, const LinxPins *pins, LinxLayer *layer, const char *path,
      GError **error)
{
  layer->fd = linx_path_open (pins->ns[LINX_IN].root, path, linx_pins_path_flags (request), error);
  if (layer->fd < 0 || !linx_place_read (&layer->place, layer->fd, path, error))
    return FALSE;
  if (is_written (layer->option) && !linx_path_may_write (layer->fd))
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, EACCES, path,
                           "the caller may not write to it");
  return check_length (pins, layer, error);
}

/* @word: the option that named it. */
static gboolean
add (const LinxRequest *request, LinxPins *pins, const char *word, const char *option,
     const char *path, GError **error)
{
  LinxLayer layer = { .fd = -1, .option = option };

  if (path[0] != '/')
    return linx_error_set_args (error, "option '%s' must name absolute paths: '%s'", word, path);
  if (!check_time (pins, error) || !take_place (pins, error))
    return FALSE;
  if (!hold (request, pins, &layer, path, error)) {
    clear_layer (&layer);
    return FALSE;
  }
  g_array_append_val (pins->fs.layers, layer);
  return TRUE;
}

/* The next part of a lowerdir= list: up to a colon, with "\\" before what is meant as it is. */
static char *
next_part (const char **rest)
{
  GString *part = g_string_new (NULL);

  for (; **rest != '\0' && **rest != ':'; (*rest)++) {
    if (**rest == '\\' && (*rest)[1] != '\0')
      (*rest)++;
    g_string_append_c (part, **rest);
  }
  return g_string_free (part, FALSE);
}

static char *
unescape (const char *text)
{
  GString *plain = g_string_new (NULL);

  for (; *text != '\0'; text++) {
    if (*text == '\\' && text[1] != '\0')
      text++;
    g_string_append_c (plain, *text);
  }
  return g_string_free (plain, FALSE);
}

/* "upper:lower::data": after two colons come layers of which only the data is used
 * (Documentation/filesystems/overlayfs.rst). */
static gboolean
add_list (const LinxRequest *request, LinxPins *pins, const char *list, GError **error)
{
  const char *rest = list;
  gboolean data = FALSE;

  for (;;) {
    g_autofree char *part = next_part (&rest);

    if (!add (request, pins, "lowerdir", data ? "datadir+" : "lowerdir+", part, error))
      return FALSE;
    if (*rest == '\0')
      return TRUE;
    rest++;
    data = data || *rest == ':';
    rest += *rest == ':';
  }
}

/* As the kernel reads them (ovl_parse_param_lowerdir(), ovl_mount_dir(), fs/overlayfs/params.c): in
 * all but "lowerdir+" and "datadir+" a backslash takes the next byte as it is. */
static gboolean
add_option (const LinxRequest *request, LinxPins *pins, const LinxFsOption *option, GError **error)
{
  static const char *const single[] = { "lowerdir+", "datadir+", "upperdir", "workdir" };

  if (option->value == NULL)
    return linx_error_set_args (error, "option '%s' needs a value", option->name);
  if (g_str_equal (option->name, "lowerdir"))
    return add_list (request, pins, option->value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (single); i++) {
    g_autofree char *plain
        = is_written (option->name) ? unescape (option->value) : g_strdup (option->value);

    if (g_str_equal (single[i], option->name))
      return add (request, pins, single[i], single[i], plain, error);
  }
  return linx_error_set_args (error, "option '%s' is none of an overlay", option->name);
}

gboolean
linx_layers_refuse_paths (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  const GPtrArray *fs = request->options->fs;

  for (guint i = 0; i < fs->len && !pins->sender.privileged; i++) {
    const LinxFsOption *option = g_ptr_array_index (fs, i);

    if (!linx_options_names_path (option))
      continue;
    g_set_error (
        error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
        "option '%s' names a path that this kernel looks up as root: only root may pass it",
        option->name);
    return FALSE;
  }
  return TRUE;
}

gboolean
linx_layers_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const GPtrArray *fs = request->options->fs;

  if (!g_str_equal (pins->fs.type, "overlay"))
    return linx_layers_refuse_paths (request, pins, error);
  pins->fs.layers = g_array_new (FALSE, FALSE, sizeof (LinxLayer));
  pins->fs.layers_start_us = cpu_us ();
  g_array_set_clear_func (pins->fs.layers, clear_layer);
  for (guint i = 0; i < fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (fs, i);

    if (linx_options_names_path (option) && !add_option (request, pins, option, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
linx_layers_recheck (const LinxPins *pins, GError **error)
{
  for (guint i = 0; pins->fs.layers != NULL && i < pins->fs.layers->len; i++)
    if (!linx_pins_recheck_layer (pins, layer_at (pins, i), error))
      return FALSE;
  return TRUE;
}

static int
configure_by_fd (int context, const LinxPins *pins, const char **option)
{
  for (guint i = 0; i < pins->fs.layers->len; i++) {
    *option = layer_at (pins, i)->option;
    if (fsconfig (context, FSCONFIG_SET_FD, *option, NULL, layer_at (pins, i)->fd) < 0)
      return errno;
  }
  return 0;
}

/* "20:21::22": the lower ones by their numbers. */
static char *
list_numbers (const LinxPins *pins)
{
  GString *list = g_string_new (NULL);
  gboolean in_data = FALSE;

  for (guint i = 0; i < pins->fs.layers->len; i++) {
    const char *option = layer_at (pins, i)->option;
    gboolean is_data = g_str_equal (option, "datadir+");

    if (is_written (option))
      continue;
    g_string_append (list, list->len == 0 ? "" : is_data && !in_data ? "::" : ":");
    g_string_append_printf (list, "%d", layer_at (pins, i)->fd);
    in_data = is_data;
  }
  return g_string_free (list, FALSE);
}

/* With @all also the lower ones, one by one, which is since Linux 6.8. */
static int
set_numbers (int context, const LinxPins *pins, gboolean all, const char **option)
{
  for (guint i = 0; i < pins->fs.layers->len; i++) {
    char number[16];

    *option = layer_at (pins, i)->option;
    g_snprintf (number, sizeof number, "%d", layer_at (pins, i)->fd);
    if ((all || is_written (*option))
        && fsconfig (context, FSCONFIG_SET_STRING, *option, number, 0) < 0)
      return errno;
  }
  return 0;
}

/* Where no descriptors are taken: the working directory is this thread's /proc/thread-self/fd, in
 * the service's own /proc, and the layers are the numbers in it, magic links to what is held,
 * whatever was renamed meanwhile and whatever this namespace has at /proc. */
static int
configure_by_number (int context, const LinxPins *pins, const char **option)
{
  g_autofree char *list = list_numbers (pins);
  gboolean fits = strlen (list) < MAX_STRING_BYTES;
  int directory
      = openat (linx_process_proc_fd (), "thread-self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int err = directory < 0 || fchdir (directory) < 0 ? errno : 0;

  if (directory >= 0)
    close (directory);
  *option = "lowerdir";
  if (err == 0 && fits && list[0] != '\0'
      && fsconfig (context, FSCONFIG_SET_STRING, "lowerdir", list, 0) < 0)
    err = errno;
  return err == 0 ? set_numbers (context, pins, !fits, option) : err;
}

int
linx_layers_configure (int context, const LinxPins *pins, const char **option)
{
  if (pins->fs.layers == NULL)
    return 0;
  return linx_feature_overlay_layer_fds () ? configure_by_fd (context, pins, option)
                                           : configure_by_number (context, pins, option);
}
