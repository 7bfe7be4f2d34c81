/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LinxMountOptions:
 *
 * The option dictionary of a call, with the descriptors that it names. The keys of a method, and
 * their types, are those of the interface; which of them there are is for the service to say, so
 * that a key of a newer one needs no newer library.
 *
 * The same options may be used for any number of calls. Not for more than one thread at a time.
 *
 * Since: 0.1
 */
#define LINX_MOUNT_TYPE_OPTIONS (linx_mount_options_get_type ())
G_DECLARE_FINAL_TYPE (LinxMountOptions, linx_mount_options, LINX_MOUNT, OPTIONS, GObject)

/**
 * linx_mount_options_new:
 *
 * Returns: (transfer full): options of which none is set
 *
 * Since: 0.1
 */
LinxMountOptions *linx_mount_options_new (void);

/**
 * linx_mount_options_set_namespace:
 * @options: the options
 * @key: "in" or "from"; "process" and "idmap", for which only a process id will do
 * @word: "self"; "host"; the absolute path of a mount-namespace file; or a process id, as the
 *   caller's own pid namespace has it
 * @error: G_DBUS_ERROR_INVALID_ARGS, or OpenNs with the errno of pidfd_open(2)
 *
 * Names a mount namespace as a person does. A process is held by a pidfd from here on, so that no
 * other one can take its number.
 *
 * Returns: whether it could be named
 *
 * Since: 0.1
 */
gboolean linx_mount_options_set_namespace (LinxMountOptions *options, const char *key,
                                           const char *word, GError **error);

/**
 * linx_mount_options_set_string:
 * @options: the options
 * @key: a key
 * @value: UTF-8
 *
 * Since: 0.1
 */
void linx_mount_options_set_string (LinxMountOptions *options, const char *key, const char *value);

/**
 * linx_mount_options_set_filename:
 * @options: the options
 * @key: a key, "under" or "covering" of a listing for instance
 * @path: (type filename): a path; one that is not UTF-8 goes as bytes ("raw")
 *
 * Since: 0.1
 */
void linx_mount_options_set_filename (LinxMountOptions *options, const char *key, const char *path);

/**
 * linx_mount_options_set_strings:
 * @options: the options
 * @key: a key, "fields" for instance
 * @values: (array zero-terminated=1): UTF-8
 *
 * Since: 0.1
 */
void linx_mount_options_set_strings (LinxMountOptions *options, const char *key,
                                     const char *const *values);

/**
 * linx_mount_options_set_boolean:
 * @options: the options
 * @key: a key
 * @value: its value
 *
 * Since: 0.1
 */
void linx_mount_options_set_boolean (LinxMountOptions *options, const char *key, gboolean value);

/**
 * linx_mount_options_set_number:
 * @options: the options
 * @key: a key, "timeout" for instance (milliseconds)
 * @value: its value
 *
 * Since: 0.1
 */
void linx_mount_options_set_number (LinxMountOptions *options, const char *key, guint64 value);

/**
 * linx_mount_options_set_fd:
 * @options: the options
 * @key: a key, "source-fd" for instance
 * @fd: a descriptor, of which the options keep a copy
 * @error: where the error goes
 *
 * Returns: whether it could be copied (fcntl(2), F_DUPFD_CLOEXEC)
 *
 * Since: 0.1
 */
gboolean linx_mount_options_set_fd (LinxMountOptions *options, const char *key, int fd,
                                    GError **error);

G_END_DECLS
