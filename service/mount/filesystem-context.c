/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/filesystem-context.h"
#include "linx-error.h"
#include "mount/attributes.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* The kernel's own words, where it left some in the context: "e tmpfs: Bad value for 'size'". */
static char *
read_words (int context)
{
  char line[1024];
  GString *words = g_string_new (NULL);
  gssize n;

  while ((n = read (context, line, sizeof line - 1)) > 0) {
    line[n] = '\0';
    g_strchomp (line);
    if (n > 2 && line[1] == ' ' && strchr ("ew", line[0]) != NULL)
      g_string_append_printf (words, "%s%s", words->len > 0 ? "; " : "", line + 2);
  }
  return g_string_free (words, FALSE);
}

gboolean
linx_context_fail (const LinxContext *context, int err, const char *fallback, GError **error)
{
  g_autofree char *kernel = context->fd >= 0 ? read_words (context->fd) : g_strdup ("");
  g_autofree char *words = NULL;

  if (fallback == NULL)
    fallback = strerrordesc_np (err);
  if (kernel[0] != '\0')
    words = g_strdup (kernel);
  else if (context->pins->source.path != NULL)
    words = g_strdup_printf ("%s on '%s': %s", context->pins->fs.type, context->pins->source.path,
                             fallback);
  else
    words = g_strdup_printf ("%s: %s", context->pins->fs.type, fallback);
  return linx_error_set (error, LINX_MOUNT_STAGE_MOUNT, err, linx_pins_path (context->pins), words);
}

gboolean
linx_context_set_option (const LinxContext *context, const char *name, const char *value,
                         GError **error)
{
  /* The kernel changes it on no filesystem that is there, and mount(2) does not mind (MS_RMT_MASK,
   * include/uapi/linux/mount.h). */
  gboolean has_no_effect = context->device == NULL && g_str_equal (name, "dirsync");
  int rc = has_no_effect
               ? 0
               : fsconfig (context->fd, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
                           name, value, 0);

  return rc == 0 ? TRUE : linx_context_fail (context, errno, name, error);
}

/* `ro` and `rw` are the filesystem's too; layers were handed over already. */
gboolean
linx_context_set_options (const LinxContext *context, const LinxAttributes *attributes,
                          GError **error)
{
  const GPtrArray *fs = context->request->options->fs;

  if ((attributes->set & MOUNT_ATTR_RDONLY) != 0
      && !linx_context_set_option (context, "ro", NULL, error))
    return FALSE;
  if ((attributes->clear & MOUNT_ATTR_RDONLY) != 0
      && !linx_context_set_option (context, "rw", NULL, error))
    return FALSE;
  for (guint i = 0; i < fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (fs, i);

    if (context->pins->fs.layers != NULL && linx_options_names_path (option))
      continue;
    if (!linx_context_set_option (context, option->name, option->value, error))
      return FALSE;
  }
  return TRUE;
}
