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
 * @text: a text that may have URLs in it, or be a server and what it serves
 *   ("//user:word@server/share")
 *
 * Returns: (transfer full): the text, with "***" for each password
 */
char *linx_secrets_strike_url (const char *text);

/**
 * linx_secrets_strike_user:
 * @name: the name of a mount option
 * @value: its value
 *
 * Returns: (transfer full): the value; of "user=NAME%PASSWORD" (mount.cifs(8)) with "***" for the
 *   password
 */
char *linx_secrets_strike_user (const char *name, const char *value);

/* Of a shorter secret nothing can be struck out of a text that is still read afterwards. */
#define LINX_SECRETS_MIN_BYTES 4
/* What is longer is cut off. */
#define LINX_SECRETS_MAX_TEXT 4096

/**
 * linx_secrets_strike:
 * @secrets: (element-type utf8): none is empty; gets sorted
 * @text: a text of somebody else's that may repeat them
 *
 * Returns: (transfer full): the text, with "***" for each of them; where one is too short for that,
 *   no text
 */
char *linx_secrets_strike (GPtrArray *secrets, const char *text);

G_END_DECLS
