/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-client.h"

/** linx_client_flags: the flags of a call that is made now. */
GDBusCallFlags linx_client_flags (LinxMountClient *client);

/** linx_client_timeout: how many milliseconds to wait for its reply. */
int linx_client_timeout (LinxMountClient *client);
