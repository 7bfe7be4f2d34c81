/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/tag.h"
#include "linx-error.h"

#include <blkid.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

/* Looks at what is on all devices now: no memory of an earlier look, which may be of another
 * medium. */
static char *
probe_for (const char *tag, const char *value)
{
  g_autofree char *name = g_strndup (tag, strlen (tag) - 1);
  blkid_cache cache;
  blkid_dev found;
  char *path = NULL;

  if (blkid_get_cache (&cache, "/dev/null") != 0)
    return NULL;
  found = blkid_probe_all (cache) == 0 ? blkid_find_dev_with_tag (cache, name, value) : NULL;
  if (found != NULL)
    path = g_strdup (blkid_dev_devname (found));
  blkid_put_cache (cache);
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

/* As in fstab(5), it may be in quotes. */
static char *
value_of (const char *source, const char *tag)
{
  const char *value = source + strlen (tag);
  gsize length = strlen (value);

  if (length >= 2 && value[0] == value[length - 1] && (value[0] == '"' || value[0] == '\''))
    return g_strndup (value + 1, length - 2);
  return g_strdup (value);
}

char *
linx_tag_find (const char *source, gboolean probe, GError **error)
{
  gsize i = find (source);
  g_autofree char *value = value_of (source, tags[i].tag);
  g_autofree char *link = link_of (tags[i].links, value);
  char *path;

  if (link != NULL && (!probe || access (link, F_OK) == 0))
    return g_steal_pointer (&link);
  path = probe ? probe_for (tags[i].tag, value) : NULL;
  if (path == NULL)
    linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENOENT, source, "no device has this tag");
  return path;
}
