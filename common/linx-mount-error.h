/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LINX_MOUNT_ERROR:
 *
 * The domain of the errors that are this project's own. A code is either one of #LinxMountError (a
 * policy decision or a time-out) or a kernel error, which holds a #LinxMountStage and an errno:
 * see linx_mount_error_get_stage() and linx_mount_error_get_errno(). Bad arguments, exceeded limits
 * and missing kernel features are errors of G_DBUS_ERROR, under their standard names.
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
 * LinxMountStage:
 *
 * The step of a call that the kernel refused: the closed list of the interface's documentation.
 */
typedef enum {
  LINX_MOUNT_STAGE_OPEN_NS,
  LINX_MOUNT_STAGE_SET_NS,
  LINX_MOUNT_STAGE_OPEN_PID_NS,
  LINX_MOUNT_STAGE_SET_NS_PID,
  LINX_MOUNT_STAGE_UNSHARE,
  LINX_MOUNT_STAGE_THREAD,
  LINX_MOUNT_STAGE_PIPE,
  LINX_MOUNT_STAGE_FORK,
  LINX_MOUNT_STAGE_RESOLVE,
  LINX_MOUNT_STAGE_CREATE,
  LINX_MOUNT_STAGE_MOUNT,
  LINX_MOUNT_STAGE_OPEN_TREE,
  LINX_MOUNT_STAGE_SET_ATTRIBUTES,
  LINX_MOUNT_STAGE_PROPAGATION,
  LINX_MOUNT_STAGE_MOVE_MOUNT,
  LINX_MOUNT_STAGE_UMOUNT,
  LINX_MOUNT_STAGE_CHDIR,
  LINX_MOUNT_STAGE_PIVOT_ROOT,
  LINX_MOUNT_STAGE_LOOP,
  LINX_MOUNT_STAGE_HELPER,
  LINX_MOUNT_STAGE_FSTAB,
  LINX_MOUNT_STAGE_LIST,
  LINX_MOUNT_STAGE_WATCH,
} LinxMountStage;

/**
 * linx_mount_stage_to_string:
 * @stage: a stage
 *
 * Returns: (transfer none): its name as errors show it, "OpenNs" for instance
 */
const char *linx_mount_stage_to_string (LinxMountStage stage);

/**
 * linx_mount_error_is_kernel:
 * @error: an error
 *
 * Returns: whether @error carries a stage and an errno
 */
gboolean linx_mount_error_is_kernel (const GError *error);

/**
 * linx_mount_error_get_stage:
 * @error: an error for which linx_mount_error_is_kernel() holds
 *
 * Returns: the step that failed
 */
LinxMountStage linx_mount_error_get_stage (const GError *error);

/**
 * linx_mount_error_get_errno:
 * @error: an error for which linx_mount_error_is_kernel() holds
 *
 * Returns: the errno, positive
 */
int linx_mount_error_get_errno (const GError *error);

G_END_DECLS
