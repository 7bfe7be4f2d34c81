/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_secrets_is_name:
 * @name: the name of a mount option
 *
 * Returns: whether its value may be a secret, as far as its name tells: it has "pass", "pwd",
 *   "secret", "key", "token", "cred" or "auth" in it, in any case, or is "sig" or ends in "_sig".
 *   Not what names a file: "credentials", "cred", "keyring", and what ends in "file"
 */
gboolean linx_secrets_is_name (const char *name);

/**
 * linx_secrets_strike_url:
 * @text: a text that may be a URL, or a server and what it serves ("//user:word@server/share")
 *
 * Returns: (transfer full): the text, with "***" for the password
 */
char *linx_secrets_strike_url (const char *text);

G_END_DECLS
