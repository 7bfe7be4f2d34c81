/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"

#include <sys/mount.h>

#define FORCED (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

guint64
linx_attributes_effective (const LinxRequest *request, const LinxPins *pins)
{
  guint64 forced = pins->privileged ? 0 : FORCED & ~request->options->attr_clear;

  return request->options->attr_set | forced;
}

gboolean
linx_attributes_need_unrestricted (const LinxRequest *request, const LinxPins *pins)
{
  const LinxOptions *options = request->options;

  if (options == NULL)
    return FALSE;
  if ((options->attr_clear & FORCED) != 0 || pins->ns_foreign
      || request->idmap.kind != LINX_WHERE_NONE)
    return TRUE;
  for (guint i = 0; i < options->fs->len; i++)
    if (!linx_options_harmless (request->fstype, g_ptr_array_index (options->fs, i)))
      return TRUE;
  return FALSE;
}
