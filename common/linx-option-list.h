/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * linx_option_list_next:
 * @rest: (inout): what is left of a list of mount options
 * @name: (out): the next option's name
 * @value: (out): its value, out of its quotes; %NULL where it has none
 * @error: set to InvalidArgs, where what follows is no option
 *
 * A list of mount options means the same here whatever libmount is installed:
 *
 *   list   = [ option ] { "," [ option ] }
 *   option = name [ "=" value ]
 *   name   = characters but , = " and \
 *   value  = characters but , and "        or, in quotes, characters but "
 *
 * In a value a backslash takes the character after it along, whatever that is, and both stay in the
 * value: `a=b\,c` is one option, whose value is `b\,c`. So one list after another, with a comma
 * between them, has the options of both.
 *
 * Returns: whether there was another; %FALSE with @error unset at the list's end
 */
gboolean linx_option_list_next (const char **rest, char **name, char **value, GError **error);

/**
 * linx_option_list_is_plain:
 * @value: (nullable): a value
 *
 * Returns: whether @value stays one value, and the option after it another, wherever lists are
 * split: it has no comma and no quote, and no backslash at its end
 */
gboolean linx_option_list_is_plain (const char *value);

G_END_DECLS
