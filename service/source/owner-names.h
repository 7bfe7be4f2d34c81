/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request/request.h"

/*
 * Owner names: "uid=NAME" and "gid=NAME" among filesystem options, which mount(8) turns into
 * numbers for the kernel.
 */

/** linx_owner_names_are_in: whether @request, of Mount or CreateMount, has any. */
gboolean linx_owner_names_are_in (const LinxRequest *request);

/**
 * linx_owner_names_complete:
 * @request: a request that has some
 * @in_host: whether it is about the host, whose /etc/passwd and /etc/group tell: no name service is
 *   asked, for a worker loads no library
 * @error: InvalidArgs: nobody has that name there, or it is not the host
 *
 * Returns: (transfer full): the request with numbers in their place
 */
LinxRequest *linx_owner_names_complete (LinxRequest *request, gboolean in_host, GError **error);
