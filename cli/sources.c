/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"
#include "rows.h"

#include <libmount.h>
#include <string.h>
#include <sys/stat.h>

/* The loop devices that an image has. */
static void
add_loops (GPtrArray *sources, const char *image)
{
  g_autoptr (GDir) devices = g_dir_open ("/sys/block", 0, NULL);
  const char *name;

  while (devices != NULL && (name = g_dir_read_name (devices)) != NULL) {
    g_autofree char *path = g_strdup_printf ("/sys/block/%s/loop/backing_file", name);
    g_autofree char *file = NULL;

    if (g_file_get_contents (path, &file, NULL, NULL) && g_str_equal (g_strchomp (file), image))
      g_ptr_array_add (sources, g_strconcat ("/dev/", name, NULL));
  }
}

/* The sources that the table has for what @word names; none: it is no source. */
static GPtrArray *
sources_of (const char *word)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func (g_free);
  struct libmnt_cache *cache = mnt_new_cache ();
  const char *path = mnt_resolve_spec (word, cache);
  struct stat stat_of;

  if (path != NULL && stat (path, &stat_of) == 0 && S_ISBLK (stat_of.st_mode))
    g_ptr_array_add (sources, g_strdup (path));
  else if (path != NULL && stat (path, &stat_of) == 0 && S_ISREG (stat_of.st_mode))
    add_loops (sources, path);
  mnt_unref_cache (cache);
  return sources;
}

static CtlExit
read_rows (Ctl *ctl, GVariant **rows)
{
  g_autoptr (LinxMountOptions) options = NULL;
  CtlExit rc = ctl_options (ctl, &options);
  GError *error = NULL;

  if (rc != CTL_OK)
    return rc;
  *rows = ctl_rows_read (ctl->client, options, &error);
  return *rows != NULL ? CTL_OK : ctl_fail (error);
}

static gboolean
is_mounted_at (GVariant *rows, const char *place)
{
  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

    if (g_str_equal (ctl_row_string (row, "mount-point"), place))
      return TRUE;
  }
  return FALSE;
}

/* What is mounted there is of that filesystem, wherever else that is. */
static const char *
device_at (GVariant *rows, const char *place)
{
  const char *device = NULL;

  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

    if (g_str_equal (ctl_row_string (row, "mount-point"), place))
      device = g_intern_string (ctl_row_string (row, "device"));
  }
  return device;
}

/* In the order of the table: the youngest last. */
static GPtrArray *
places_of (GVariant *rows, const GPtrArray *sources, const char *device)
{
  GPtrArray *places = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);
    const char *source = ctl_row_string (row, "source");
    gboolean is = device != NULL && g_str_equal (ctl_row_string (row, "device"), device);

    for (guint k = 0; k < sources->len && !is; k++)
      is = g_str_equal (source, sources->pdata[k]);
    if (is)
      g_ptr_array_add (places, g_strdup (ctl_row_string (row, "mount-point")));
  }
  return places;
}

static void
reverse (GPtrArray *places)
{
  for (guint i = 0; i < places->len / 2; i++) {
    gpointer last = places->pdata[places->len - 1 - i];

    places->pdata[places->len - 1 - i] = places->pdata[i];
    places->pdata[i] = last;
  }
}

static CtlExit
not_mounted (const char *word)
{
  g_autofree char *text = g_strdup_printf ("%s: not mounted", word);

  ctl_say (text);
  return CTL_FAILED;
}

CtlExit
ctl_sources_targets (Ctl *ctl, const char *word, gboolean all, GPtrArray **targets)
{
  g_autoptr (GPtrArray) sources = sources_of (word);
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GPtrArray) places = NULL;
  g_autofree char *absolute = NULL;
  const char *device = NULL;
  CtlExit rc = CTL_OK;

  *targets = NULL;
  if (sources->len == 0 && !all && strchr (word, '=') == NULL)
    return CTL_OK;
  if (strchr (word, '=') == NULL || word[0] == '/')
    rc = ctl_path (ctl_namespace (ctl), word, &absolute);
  if (rc == CTL_OK)
    rc = read_rows (ctl, &rows);
  if (rc != CTL_OK)
    return rc;
  /* A file that something is mounted on is a place. */
  if (absolute != NULL && is_mounted_at (rows, absolute)) {
    if (!all)
      return CTL_OK;
    device = device_at (rows, absolute);
  }
  places = places_of (rows, sources, device);
  if (places->len == 0)
    return not_mounted (word);
  reverse (places);
  if (!all)
    g_ptr_array_set_size (places, 1);
  *targets = g_steal_pointer (&places);
  return CTL_OK;
}
