/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount-error.h"

/*
 * Making errors, and their names on the bus. What they are is in the public header.
 */

/** LINX_N_STAGES: how many there are. */
#define LINX_N_STAGES (LINX_MOUNT_STAGE_WATCH + 1)

/**
 * linx_error_set:
 * @error: (nullable): where the error goes
 * @stage: the step that failed
 * @err: its errno, positive
 * @path: what the step worked on; bytes that a terminal would act on are escaped here
 * @words: (nullable): what the kernel said of it, or what the caller can do about it, escaped
 *   likewise; %NULL: the system's text for @err
 *
 * Sets @error to "<Stage> <path>: <words> (<ERRNO>)". Needs no locale, so a worker inside a
 * in_other_userns mount namespace may call it.
 *
 * Returns: %FALSE, so that a function can end with it
 */
gboolean linx_error_set (GError **error, LinxMountStage stage, int err, const char *path,
                         const char *words);

/**
 * linx_error_set_args:
 * @error: (nullable): where the error goes
 * @format: a printf format; the text names the argument or key that is wrong
 *
 * Sets @error to org.freedesktop.DBus.Error.InvalidArgs.
 *
 * Returns: %FALSE, so that a function can end with it
 */
gboolean linx_error_set_args (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * linx_error_dbus_name:
 * @error: an error of LINX_MOUNT_ERROR or G_DBUS_ERROR
 *
 * Returns: (transfer full): the D-Bus error name that stands for it, for instance
 *   "org.linx.Mount1.Error.Umount.EBUSY"
 */
char *linx_error_dbus_name (const GError *error);

/**
 * linx_error_from_dbus:
 * @name: a D-Bus error name
 * @message: its message
 *
 * The inverse of linx_error_dbus_name().
 *
 * Returns: (transfer full) (nullable): the error of LINX_MOUNT_ERROR that @name stands for, or
 *   %NULL
 */
GError *linx_error_from_dbus (const char *name, const char *message);
