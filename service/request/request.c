/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/request.h"

void
linx_request_unref (LinxRequest *request)
{
  if (!g_atomic_ref_count_dec (&request->ref))
    return;
  g_free (request->source.path);
  g_free (request->target.path);
  g_free (request->put_old.path);
  g_free (request->fstype);
  g_free (request->in.path);
  g_free (request->from.path);
  g_clear_pointer (&request->options, linx_options_free);
  g_strfreev (request->list.fstypes);
  g_free (request->list.at);
  g_free (request->list.under);
  g_strfreev (request->list.fields);
  g_clear_pointer (&request->fds, linx_message_fds_unref);
  g_clear_pointer (&request->arguments, g_variant_unref);
  g_clear_pointer (&request->raw, g_hash_table_unref);
  g_free (request);
}

LinxRequest *
linx_request_ref (LinxRequest *request)
{
  g_atomic_ref_count_inc (&request->ref);
  return request;
}

const char *
linx_named_text (const LinxNamed *named)
{
  return named->fd < 0 && named->path != NULL ? named->path : "file descriptor";
}
