/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layers.h"
#include "kernel-features.h"
#include "linx-error.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

static void
clear_layer (gpointer data)
{
  linx_place_clear (&((LinxLayer *)data)->place);
}

/* The overlay writes there with the rights of who mounts it: root's. */
static gboolean
is_written (const char *option)
{
  return g_str_equal (option, "upperdir") || g_str_equal (option, "workdir");
}

static gboolean
add (const LinxRequest *request, LinxPins *pins, const char *option, const char *path,
     GError **error)
{
  LinxLayer layer = { .option = option };
  guint place = LINX_PIN_LAYERS + pins->layers->len;

  if (pins->layers->len == LINX_MOST_LAYERS)
    return linx_error_set_args (error, "more than %d layers", LINX_MOST_LAYERS);
  if (path[0] != '/')
    return linx_error_set_args (error, "option '%s' must name absolute paths: '%s'", option, path);
  pins->fd[place]
      = linx_path_open (pins->fd[LINX_PIN_ROOT], path, linx_request_path_flags (request), error);
  if (pins->fd[place] < 0 || !linx_place_read (&layer.place, pins->fd[place], path, error))
    return FALSE;
  if (is_written (option) && !linx_path_may_write (pins->fd[place])) {
    linx_place_clear (&layer.place);
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, EACCES, path,
                           "the caller may not write to it");
  }
  g_array_append_val (pins->layers, layer);
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

/* "upper:lower::data": after two colons come layers of which only the data is used
 * (Documentation/filesystems/overlayfs.rst). */
static gboolean
add_list (const LinxRequest *request, LinxPins *pins, const char *list, GError **error)
{
  const char *rest = list;
  gboolean data = FALSE;

  for (;;) {
    g_autofree char *part = next_part (&rest);

    if (!add (request, pins, data ? "datadir+" : "lowerdir+", part, error))
      return FALSE;
    if (*rest == '\0')
      return TRUE;
    rest++;
    data = data || *rest == ':';
    rest += *rest == ':';
  }
}

static gboolean
add_option (const LinxRequest *request, LinxPins *pins, const LinxFsOption *option, GError **error)
{
  static const char *const single[] = { "lowerdir+", "datadir+", "upperdir", "workdir" };

  if (option->value == NULL)
    return linx_error_set_args (error, "option '%s' needs a value", option->name);
  if (g_str_equal (option->name, "lowerdir"))
    return add_list (request, pins, option->value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (single); i++)
    if (g_str_equal (single[i], option->name))
      return add (request, pins, single[i], option->value, error);
  return linx_error_set_args (error, "option '%s' is none of an overlay", option->name);
}

gboolean
linx_layers_refuse_paths (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  const GPtrArray *fs = request->options->fs;

  for (guint i = 0; i < fs->len && !pins->privileged; i++) {
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

  if (!g_str_equal (pins->fstype, "overlay") || !linx_feature_overlay_layer_fds ())
    return linx_layers_refuse_paths (request, pins, error);
  pins->layers = g_array_new (FALSE, FALSE, sizeof (LinxLayer));
  g_array_set_clear_func (pins->layers, clear_layer);
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
  for (guint i = 0; pins->layers != NULL && i < pins->layers->len; i++)
    if (!linx_pins_recheck_other (pins, &g_array_index (pins->layers, LinxLayer, i).place,
                                  LINX_PIN_LAYERS + i, error))
      return FALSE;
  return TRUE;
}

int
linx_layers_configure (int context, const LinxPins *pins, const char **option)
{
  for (guint i = 0; pins->layers != NULL && i < pins->layers->len; i++) {
    *option = g_array_index (pins->layers, LinxLayer, i).option;
    if (fsconfig (context, FSCONFIG_SET_FD, *option, NULL, pins->fd[LINX_PIN_LAYERS + i]) < 0)
      return errno;
  }
  return 0;
}
