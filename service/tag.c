/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tag.h"
#include "linx-error.h"

#include <blkid.h>
#include <errno.h>
#include <libmount.h>
#include <string.h>

static const struct {
  const char *tag;
  const char *links;
} tags[] = {
  { "LABEL=", "/dev/disk/by-label/" },
  { "UUID=", "/dev/disk/by-uuid/" },
  { "PARTLABEL=", "/dev/disk/by-partlabel/" },
  { "PARTUUID=", "/dev/disk/by-partuuid/" },
};

static gsize
find (const char *source)
{
  gsize i = 0;

  while (i < G_N_ELEMENTS (tags) && !g_str_has_prefix (source, tags[i].tag))
    i++;
  return i;
}

gboolean
linx_tag_is (const char *source)
{
  return find (source) < G_N_ELEMENTS (tags);
}

static char *
probe_for (const char *tag, const char *value)
{
  g_autofree char *name = g_strndup (tag, strlen (tag) - 1);
  struct libmnt_cache *cache = mnt_new_cache ();
  char *found = cache != NULL ? mnt_resolve_tag (name, value, cache) : NULL;
  char *path = g_strdup (found);

  if (cache != NULL)
    mnt_unref_cache (cache);
  return path;
}

/* udev names its links by the value, with all that is odd in it as \\xNN. */
static char *
link_of (const char *links, const char *value)
{
  gsize size = 4 * strlen (value) + 1;
  g_autofree char *encoded = g_malloc0 (size);

  if (value[0] == '\0' || g_str_equal (value, ".") || g_str_equal (value, "..")
      || blkid_encode_string (value, encoded, size) != 0 || strchr (encoded, '/') != NULL)
    return NULL;
  return g_strconcat (links, encoded, NULL);
}

char *
linx_tag_find (const char *source, gboolean probe, GError **error)
{
  gsize i = find (source);
  const char *value = source + strlen (tags[i].tag);
  char *path = probe ? probe_for (tags[i].tag, value) : link_of (tags[i].links, value);

  if (path == NULL)
    linx_error_set (error, LINX_STAGE_RESOLVE, ENOENT, source, "no device has this tag");
  return path;
}
