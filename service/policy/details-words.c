/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/details-words.h"

#include <sys/stat.h>

char *
linx_word_where (const LinxWhere *where)
{
  switch (where->kind) {
  case LINX_WHERE_NONE:
    return NULL;
  case LINX_WHERE_SELF:
    return g_strdup ("self");
  case LINX_WHERE_HOST:
    return g_strdup ("host");
  case LINX_WHERE_PATH:
    return g_strdup (where->path);
  case LINX_WHERE_PID:
    return g_strdup_printf ("%d", (int)where->pid);
  case LINX_WHERE_FD:
    return g_strdup ("fd");
  default:
    g_assert_not_reached ();
  }
}

const char *
linx_word_create (LinxCreate create)
{
  switch (create) {
  case LINX_CREATE_FILE:
    return "file";
  case LINX_CREATE_DIRECTORY:
    return "directory";
  default:
    return "";
  }
}

const char *
linx_word_target (const LinxPins *pins)
{
  if (pins->target.is_detached)
    return "fd";
  if (pins->target.name != NULL)
    return "";
  return S_ISDIR (pins->target.place.id.mode) ? "directory" : "file";
}

const char *
linx_word_namespace (LinxNamespaceKind kind)
{
  switch (kind) {
  case LINX_NAMESPACE_HOST:
    return "host";
  case LINX_NAMESPACE_SELF:
    return "self";
  case LINX_NAMESPACE_OTHER:
    return "other";
  default:
    return "";
  }
}

/* Of the user namespace that owns it. */
const char *
linx_word_userns (const LinxNamespace *ns)
{
  return ns->in_other_userns ? "other" : "initial";
}

const char *
linx_word_source (LinxSourceKind kind)
{
  static const char *const words[] = {
    [LINX_SOURCE_NONE] = "none",
    [LINX_SOURCE_DEVICE] = "device",
    [LINX_SOURCE_TAG] = "tag",
    [LINX_SOURCE_FILE] = "file",
    [LINX_SOURCE_FD] = "fd",
    [LINX_SOURCE_NAMESPACE] = "namespace",
    [LINX_SOURCE_DIRECTORY] = "directory",
  };

  return words[kind];
}
