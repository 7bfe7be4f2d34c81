/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LinxFsOption:
 * @name: the option's name
 * @value: (nullable): its value; %NULL where it has none
 *
 * One option for the filesystem, as fsconfig(2) takes it.
 */
typedef struct {
  char *name;
  char *value;
} LinxFsOption;

/**
 * LinxOptions:
 * @attr_set: mount attributes asked for (MOUNT_ATTR_*, mount_setattr(2))
 * @attr_clear: mount attributes whose opposite was asked for; for the access-time words the whole
 *   MOUNT_ATTR__ATIME field, whatever its new value in @attr_set
 * @make_directory: X-mount.mkdir was given
 * @fs: (element-type LinxFsOption): superblock words (sync, lazytime, ...) and filesystem options,
 *   in the order given
 *
 * A mount(8) option list, taken apart. `ro` is in @attr_set alone: on a new filesystem the caller
 * makes it read-only too.
 */
typedef struct {
  guint64 attr_set;
  guint64 attr_clear;
  gboolean make_directory;
  GPtrArray *fs;
} LinxOptions;

/**
 * linx_options_parse:
 * @list: a comma list as for `mount -o` (mount(8)); values may be in double quotes
 * @error: set to InvalidArgs, naming the word
 *
 * Splits @list with libmount's grammar and vocabulary. The last word on an attribute wins. `user`,
 * `users`, `owner` and `group` bring the attributes that mount(8) gives them; the other words that
 * speak to mount(8) alone (defaults, auto, noauto, nofail, _netdev, x-*) are accepted.
 *
 * Returns: (transfer full): the parts, or %NULL with @error set
 */
LinxOptions *linx_options_parse (const char *list, GError **error);

void linx_options_free (LinxOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxOptions, linx_options_free)

/**
 * linx_options_attributes:
 * @attr_set: attributes set
 * @attr_clear: attributes cleared
 *
 * Returns: (transfer full): their words in one fixed order, comma-separated: equal attributes
 *   always give an equal text
 */
char *linx_options_attributes (guint64 attr_set, guint64 attr_clear);

/**
 * linx_options_fs_text:
 * @options: the options
 *
 * Prints the filesystem's options for a reader: comma-separated in the order given, secrets
 * (password=, pass=, ...) as "***", a comma inside a value as \x2c, bytes that would act on a
 * terminal escaped. Splitting the text at its commas gives exactly the options.
 *
 * Returns: (transfer full): the text, "" where there are none
 */
char *linx_options_fs_text (const LinxOptions *options);

/**
 * linx_options_names_fd:
 * @option: a filesystem option
 *
 * Returns: whether its value is the number of a file descriptor of whoever calls the kernel
 */
gboolean linx_options_names_fd (const LinxFsOption *option);

/**
 * linx_options_names_path:
 * @option: a filesystem option
 *
 * Returns: whether its value is a path that the kernel will look up
 */
gboolean linx_options_names_path (const LinxFsOption *option);

/**
 * linx_options_harmless:
 * @fstype: a filesystem type
 * @option: one of its options
 *
 * Returns: whether @option is on the short list of those that the `mount` action alone covers:
 *   it decides how big the filesystem is, whose its files are or which part of it is shown, and
 *   weakens nothing
 */
gboolean linx_options_harmless (const char *fstype, const LinxFsOption *option);

G_END_DECLS
