/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LINX_MOUNT_ERROR:
 *
 * The domain of the errors that are this project's own. A code is either one of #LinxMountError (a
 * policy decision or a time-out) or a kernel error, which holds a #LinxStage and an errno:
 * see linx_error_stage() and linx_error_errno(). Bad arguments, exceeded limits and missing kernel
 * features are errors of G_DBUS_ERROR, under their standard names.
 */
#define LINX_MOUNT_ERROR (linx_mount_error_quark ())
GQuark linx_mount_error_quark (void);

/**
 * LinxMountError:
 * @LINX_MOUNT_ERROR_NOT_AUTHORIZED: polkit, or the lack of a living caller, said no
 * @LINX_MOUNT_ERROR_NOT_AUTHORIZED_DISMISSED: the person closed the prompt
 * @LINX_MOUNT_ERROR_TIMEOUT: abandoned; nothing was done and nothing will be
 * @LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN: out of time in or after a step that changes something; the
 *   message names the steps that are done
 * @LINX_MOUNT_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED: the same call may succeed if it allows a
 *   prompt
 */
typedef enum {
  LINX_MOUNT_ERROR_NOT_AUTHORIZED,
  LINX_MOUNT_ERROR_NOT_AUTHORIZED_DISMISSED,
  LINX_MOUNT_ERROR_TIMEOUT,
  LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN,
  LINX_MOUNT_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
} LinxMountError;

/**
 * LinxStage:
 *
 * The step of a call that the kernel refused: the closed list of the interface's documentation.
 */
typedef enum {
  LINX_STAGE_OPEN_NS,
  LINX_STAGE_SET_NS,
  LINX_STAGE_OPEN_PID_NS,
  LINX_STAGE_SET_NS_PID,
  LINX_STAGE_UNSHARE,
  LINX_STAGE_THREAD,
  LINX_STAGE_PIPE,
  LINX_STAGE_FORK,
  LINX_STAGE_RESOLVE,
  LINX_STAGE_CREATE,
  LINX_STAGE_MOUNT,
  LINX_STAGE_OPEN_TREE,
  LINX_STAGE_SET_ATTRIBUTES,
  LINX_STAGE_PROPAGATION,
  LINX_STAGE_MOVE_MOUNT,
  LINX_STAGE_UMOUNT,
  LINX_STAGE_CHDIR,
  LINX_STAGE_PIVOT_ROOT,
  LINX_STAGE_LOOP,
  LINX_STAGE_HELPER,
  LINX_STAGE_FSTAB,
  LINX_STAGE_LIST,
  LINX_STAGE_WATCH,
  LINX_N_STAGES,
} LinxStage;

/**
 * linx_stage_name:
 * @stage: a stage
 *
 * Returns: (transfer none): its name as errors show it, "OpenNs" for instance
 */
const char *linx_stage_name (LinxStage stage);

/**
 * linx_error_set:
 * @error: (nullable): where the error goes
 * @stage: the step that failed
 * @err: its errno, positive
 * @path: what the step worked on; bytes that a terminal would act on are escaped here
 * @words: (nullable): what the kernel said of it, or what the caller can do about it, escaped
 *   likewise; %NULL: the system's text for @err
 *
 * Sets @error to "<Stage> <path>: <words> (<ERRNO>)". Needs no locale, so a worker inside a foreign
 * mount namespace may call it.
 *
 * Returns: %FALSE, so that a function can end with it
 */
gboolean linx_error_set (GError **error, LinxStage stage, int err, const char *path,
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
 * linx_error_is_kernel:
 * @error: an error
 *
 * Returns: whether @error carries a stage and an errno
 */
gboolean linx_error_is_kernel (const GError *error);

/**
 * linx_error_stage:
 * @error: an error for which linx_error_is_kernel() holds
 *
 * Returns: the step that failed
 */
LinxStage linx_error_stage (const GError *error);

/**
 * linx_error_errno:
 * @error: an error for which linx_error_is_kernel() holds
 *
 * Returns: the errno, positive
 */
int linx_error_errno (const GError *error);

/**
 * linx_error_dbus_name:
 * @error: an error of LINX_MOUNT_ERROR or G_DBUS_ERROR
 *
 * Returns: (transfer full): the D-Bus error name that stands for it, for instance
 *   "org.linx.Mount1.Error.Umount.EBUSY"
 */
char *linx_error_dbus_name (const GError *error);

G_END_DECLS
