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
 * LinxAttributes:
 * @set: mount attributes to set (MOUNT_ATTR_*, mount_setattr(2))
 * @clear: mount attributes to take off; for the access-time words the whole MOUNT_ATTR__ATIME
 * field, whatever its new value in @set
 */
typedef struct {
  guint64 set;
  guint64 clear;
} LinxAttributes;

/** LINX_MAX_OPTIONS: no list has more. */
#define LINX_MAX_OPTIONS 1000

/** LinxOperation: what a word of the list makes of Mount. */
typedef enum {
  LINX_OPERATION_NONE,
  LINX_OPERATION_BIND,
  LINX_OPERATION_RBIND,
  LINX_OPERATION_MOVE,
  LINX_OPERATION_REMOUNT,
} LinxOperation;

/**
 * LinxOptions:
 * @attr: attributes of the mount itself
 * @tree: those of @attr that are for the whole subtree too ("rro", "ro=recursive")
 * @operation: the operation word; `remount` together with `bind` is LINX_OPERATION_REMOUNT with
 *   @attributes_only
 * @attributes_only: `remount,bind`
 * @command: (nullable): the last word that says what is to be done
 * @propagation: MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE; 0: no such word
 * @propagation_recursive: it was one of `rshared`, `rprivate`, ...
 * @make_directory: X-mount.mkdir was given
 * @user_name: (nullable): the value of `user=NAME`, which a helper is given, and brings nothing
 * else
 * @subdir: (nullable): which directory of a new filesystem is mounted (X-mount.subdir), from its
 * root
 * @loop: `loop` was given
 * @offset: where in a file the filesystem begins, in bytes
 * @size_limit: how much of the file it is, in bytes; 0: all that follows
 * @user: (element-type utf8): words that speak to other programs (x-*, _netdev), as given
 * @fs: (element-type LinxFsOption): superblock words (sync, lazytime, ...) and filesystem options,
 *   in the order given
 *
 * A mount(8) option list, taken apart. `ro` is in @attr alone: on a new filesystem the caller makes
 * it read-only too.
 */
typedef struct {
  LinxAttributes attr;
  LinxAttributes tree;
  LinxOperation operation;
  gboolean attributes_only;
  const char *command;
  int propagation;
  gboolean propagation_recursive;
  gboolean make_directory;
  char *user_name;
  char *subdir;
  gboolean loop;
  guint64 offset;
  guint64 size_limit;
  GPtrArray *user;
  GPtrArray *fs;
} LinxOptions;

/**
 * linx_options_parse:
 * @list: a comma list as for `mount -o` (mount(8)); values may be in double quotes
 * @error: set to InvalidArgs, naming the word
 *
 * Splits @list (linx-option-list.h), with libmount's vocabulary. The last word on an attribute
 * wins. `user`, `users`, `owner` and `group` bring the attributes that mount(8) gives them; the
 * other words that speak to mount(8) alone (defaults, auto, noauto, nofail) are accepted.
 *
 * Returns: (transfer full): the parts, or %NULL with @error set
 */
LinxOptions *linx_options_parse (const char *list, GError **error);

void linx_options_free (LinxOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxOptions, linx_options_free)

/**
 * linx_options_attributes:
 * @attributes: attributes
 *
 * Returns: (transfer full): their words in one fixed order, comma-separated: equal attributes
 *   always give an equal text
 */
char *linx_options_attributes (const LinxAttributes *attributes);

/**
 * linx_options_fs_text:
 * @options: the options
 *
 * Prints the filesystem's options for a reader: comma-separated in the order given, secrets
 * (linx-secrets.h) as "***", a comma inside a value as \x2c, bytes that would act on a
 * terminal escaped. Splitting the text at its commas gives exactly the options.
 *
 * Returns: (transfer full): the text, "" where there are none
 */
char *linx_options_fs_text (const LinxOptions *options);

/**
 * linx_propagation_flag:
 * @word: "private", "shared", "slave" or "unbindable"
 *
 * Returns: MS_PRIVATE or the like (mount(2)); 0 for any other word
 */
int linx_propagation_flag (const char *word);

/** linx_propagation_name: (transfer none): the word for a flag; "" for 0 */
const char *linx_propagation_name (int flag);

/**
 * linx_options_strike_secrets:
 * @options: the options
 * @text: a text that may repeat them
 *
 * Returns: (transfer full): the text, with "***" for the values of secret options
 */
char *linx_options_strike_secrets (const LinxOptions *options, const char *text);

/**
 * linx_options_user_text:
 * @options: the options
 *
 * Returns: (transfer full): the words for other programs, comma-separated, as they were given
 */
char *linx_options_user_text (const LinxOptions *options);

/**
 * linx_options_user_shown:
 * @options: the options
 *
 * Returns: (transfer full): linx_options_user_text(), and `user=NAME`, for a reader: escaped,
 * secrets as "***"
 */
char *linx_options_user_shown (const LinxOptions *options);

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
