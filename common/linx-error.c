/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linx-error.h"
#include "linx-secrets.h"
#include "linx-text.h"

#include <gio/gio.h>
#include <string.h>

#define PREFIX "org.linx.Mount1.Error."

/* How much of an argument its error repeats. */
#define MAX_CHARACTERS 500

/* A kernel error's code: the stage, counted from 1, above 16 bits of errno. */
#define MAX_ERRNO 4095
#define KERNEL_CODE(stage, err) (((int)(stage) + 1) << 16 | (err))

/* G_DEFINE_QUARK would have clang-format put spaces into the name. */
GQuark
linx_mount_error_quark (void)
{
  static gsize quark;

  if (g_once_init_enter (&quark))
    g_once_init_leave (&quark, g_quark_from_static_string ("linx-mount-error-quark"));
  return (GQuark)quark;
}

static const char *const stage_names[LINX_N_STAGES] = {
  [LINX_MOUNT_STAGE_OPEN_NS] = "OpenNs",
  [LINX_MOUNT_STAGE_SET_NS] = "SetNs",
  [LINX_MOUNT_STAGE_OPEN_PID_NS] = "OpenPidNs",
  [LINX_MOUNT_STAGE_SET_NS_PID] = "SetNsPid",
  [LINX_MOUNT_STAGE_UNSHARE] = "Unshare",
  [LINX_MOUNT_STAGE_THREAD] = "Thread",
  [LINX_MOUNT_STAGE_PIPE] = "Pipe",
  [LINX_MOUNT_STAGE_FORK] = "Fork",
  [LINX_MOUNT_STAGE_RESOLVE] = "Resolve",
  [LINX_MOUNT_STAGE_CREATE] = "Create",
  [LINX_MOUNT_STAGE_MOUNT] = "Mount",
  [LINX_MOUNT_STAGE_OPEN_TREE] = "OpenTree",
  [LINX_MOUNT_STAGE_SET_ATTRIBUTES] = "SetAttributes",
  [LINX_MOUNT_STAGE_PROPAGATION] = "Propagation",
  [LINX_MOUNT_STAGE_MOVE_MOUNT] = "MoveMount",
  [LINX_MOUNT_STAGE_UMOUNT] = "Umount",
  [LINX_MOUNT_STAGE_CHDIR] = "Chdir",
  [LINX_MOUNT_STAGE_PIVOT_ROOT] = "PivotRoot",
  [LINX_MOUNT_STAGE_LOOP] = "Loop",
  [LINX_MOUNT_STAGE_HELPER] = "Helper",
  [LINX_MOUNT_STAGE_FSTAB] = "Fstab",
  [LINX_MOUNT_STAGE_LIST] = "List",
  [LINX_MOUNT_STAGE_WATCH] = "Watch",
};

static const char *const policy_names[] = {
  [LINX_MOUNT_ERROR_NOT_AUTHORIZED] = PREFIX "NotAuthorized",
  [LINX_MOUNT_ERROR_NOT_AUTHORIZED_DISMISSED] = PREFIX "NotAuthorizedDismissed",
  [LINX_MOUNT_ERROR_TIMEOUT] = PREFIX "Timeout",
  [LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN] = PREFIX "TimeoutUncertain",
  [LINX_MOUNT_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED]
  = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
};

const char *
linx_mount_stage_to_string (LinxMountStage stage)
{
  g_return_val_if_fail (stage < LINX_N_STAGES, NULL);
  return stage_names[stage];
}

static const char *
errno_name (int err)
{
  const char *name = strerrorname_np (err);
  return name != NULL ? name : "EUNKNOWN";
}

gboolean
linx_error_set (GError **error, LinxMountStage stage, int err, const char *path, const char *words)
{
  g_autofree char *struck = linx_secrets_strike_url (path);
  g_autofree char *struck_words = words != NULL ? linx_secrets_strike_url (words) : NULL;
  g_autofree char *shown = linx_text_escape (struck);
  g_autofree char *shown_words = words != NULL ? linx_text_escape (struck_words) : NULL;
  const char *text = words != NULL ? shown_words : strerrordesc_np (err);

  g_set_error (error, LINX_MOUNT_ERROR, KERNEL_CODE (stage, err), "%s %s: %s (%s)",
               stage_names[stage], shown, text != NULL ? text : "unknown error", errno_name (err));
  return FALSE;
}

gboolean
linx_error_set_args (GError **error, const char *format, ...)
{
  g_autofree char *bytes = NULL, *struck = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  bytes = g_strdup_vprintf (format, args);
  va_end (args);
  struck = linx_secrets_strike_url (bytes);
  text = linx_text_utf8 (struck, NULL);
  if (g_utf8_strlen (text, -1) > MAX_CHARACTERS)
    strcpy (g_utf8_offset_to_pointer (text, MAX_CHARACTERS - 3), "...");
  g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, text);
  return FALSE;
}

gboolean
linx_mount_error_is_kernel (const GError *error)
{
  return error->domain == LINX_MOUNT_ERROR && error->code >= KERNEL_CODE (0, 0);
}

LinxMountStage
linx_mount_error_get_stage (const GError *error)
{
  g_return_val_if_fail (linx_mount_error_is_kernel (error), LINX_N_STAGES);
  return (LinxMountStage)((error->code >> 16) - 1);
}

int
linx_mount_error_get_errno (const GError *error)
{
  g_return_val_if_fail (linx_mount_error_is_kernel (error), 0);
  return error->code & 0xffff;
}

char *
linx_error_dbus_name (const GError *error)
{
  if (linx_mount_error_is_kernel (error))
    return g_strconcat (PREFIX, stage_names[linx_mount_error_get_stage (error)], ".",
                        errno_name (linx_mount_error_get_errno (error)), NULL);
  if (error->domain == LINX_MOUNT_ERROR)
    return g_strdup (policy_names[error->code]);
  return g_dbus_error_encode_gerror (error);
}

static int
errno_of_name (const char *name)
{
  for (int err = 1; err <= MAX_ERRNO; err++) {
    const char *other = strerrorname_np (err);

    if (other != NULL && g_str_equal (other, name))
      return err;
  }
  return 0;
}

GError *
linx_error_from_dbus (const char *name, const char *message)
{
  g_auto (GStrv) parts = NULL;
  int err;

  for (int code = 0; code < (int)G_N_ELEMENTS (policy_names); code++)
    if (g_str_equal (policy_names[code], name))
      return g_error_new_literal (LINX_MOUNT_ERROR, code, message);
  if (!g_str_has_prefix (name, PREFIX))
    return NULL;
  parts = g_strsplit (name + strlen (PREFIX), ".", -1);
  err = g_strv_length (parts) == 2 ? errno_of_name (parts[1]) : 0;
  for (int stage = 0; err != 0 && stage < LINX_N_STAGES; stage++)
    if (g_str_equal (stage_names[stage], parts[0]))
      return g_error_new_literal (LINX_MOUNT_ERROR, KERNEL_CODE (stage, err), message);
  return NULL;
}
