/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"
#include "agent.h"
#include "linx-text.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

void
ctl_say (const char *text)
{
  g_autofree char *printable = linx_text_printable (text);

  g_printerr ("linx-mountctl: %s\n", printable);
}

CtlExit
ctl_usage (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  ctl_say (text);
  return CTL_USAGE;
}

static CtlExit
exit_code (const GError *error)
{
  if (linx_mount_error_is_kernel (error)
      || g_error_matches (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT)
      || g_error_matches (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT_UNCERTAIN)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED))
    return CTL_FAILED;
  if (error->domain == LINX_MOUNT_ERROR
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    return CTL_DENIED;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS)
      || error->domain == G_OPTION_ERROR)
    return CTL_USAGE;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_DBUS_ERROR) ? CTL_FAILED : CTL_UNREACHABLE;
}

CtlExit
ctl_fail (GError *failed)
{
  g_autoptr (GError) error = failed;

  ctl_say (error->message);
  return exit_code (error);
}

CtlExit
ctl_end (gboolean done, GError *error)
{
  return done ? CTL_OK : ctl_fail (error);
}

const char *
ctl_namespace (const Ctl *ctl)
{
  guint n = ctl->namespaces != NULL ? g_strv_length (ctl->namespaces) : 0;

  return n > 0 ? ctl->namespaces[n - 1] : "self";
}

CtlExit
ctl_connect (Ctl *ctl)
{
  GError *error = NULL;

  ctl->client = linx_mount_client_new_sync (NULL, &error);
  if (ctl->client == NULL) {
    ctl_say (error->message);
    g_error_free (error);
    return CTL_UNREACHABLE;
  }
  linx_mount_client_set_interactive (ctl->client, !ctl->no_ask_password);
  if (!ctl->no_ask_password && !ctl->only_ask)
    ctl->agent = ctl_agent_start ();
  return CTL_OK;
}

void
ctl_clear (Ctl *ctl)
{
  if (ctl->agent != NULL)
    ctl_agent_end (ctl->agent);
  g_clear_object (&ctl->client);
  g_strfreev (ctl->namespaces);
  g_free (ctl->columns);
}

CtlExit
ctl_set_namespace (LinxMountOptions *options, const char *key, const char *word)
{
  GError *error = NULL;

  if (word == NULL || linx_mount_options_set_namespace (options, key, word, &error))
    return CTL_OK;
  return ctl_fail (error);
}

CtlExit
ctl_options (const Ctl *ctl, LinxMountOptions **options)
{
  g_autoptr (LinxMountOptions) made = linx_mount_options_new ();
  CtlExit rc = ctl_set_namespace (made, "in", ctl_namespace (ctl));

  if (rc == CTL_OK)
    *options = g_steal_pointer (&made);
  return rc;
}

CtlExit
ctl_begin (Ctl *ctl, LinxMountOptions **options)
{
  CtlExit rc = ctl_options (ctl, options);

  return rc == CTL_OK ? ctl_connect (ctl) : rc;
}

void
ctl_set_flag (LinxMountOptions *options, const char *key, gboolean given)
{
  if (given)
    linx_mount_options_set_boolean (options, key, TRUE);
}

CtlExit
ctl_set_id (LinxMountOptions *options, const char *id)
{
  guint64 number;

  if (id == NULL)
    return CTL_OK;
  if (!g_ascii_string_to_unsigned (id, 10, 1, G_MAXUINT64, &number, NULL))
    return ctl_usage ("--id: '%s' is no id of a mount", id);
  linx_mount_options_set_number (options, "id", number);
  return CTL_OK;
}

CtlExit
ctl_set_text (LinxMountOptions *options, const char *key, const char *text)
{
  if (text == NULL)
    return CTL_OK;
  if (!g_utf8_validate (text, -1, NULL))
    return ctl_usage ("%s: '%s' is not UTF-8", key, text);
  linx_mount_options_set_string (options, key, text);
  return CTL_OK;
}

CtlExit
ctl_set_mount_options (LinxMountOptions *options, const char *const *lists)
{
  g_autofree char *list = lists != NULL ? g_strjoinv (",", (char **)lists) : NULL;

  return ctl_set_text (options, "options", list);
}

CtlExit
ctl_set_create (LinxMountOptions *options, const char *kind)
{
  if (kind == NULL)
    return CTL_OK;
  if (!g_str_equal (kind, "file") && !g_str_equal (kind, "directory"))
    return ctl_usage ("--create: '%s' is neither \"file\" nor \"directory\"", kind);
  linx_mount_options_set_string (options, "create", kind);
  return CTL_OK;
}

CtlExit
ctl_path (const char *namespace, const char *path, char **absolute)
{
  char here[PATH_MAX];

  if (path[0] == '\0')
    return ctl_usage ("a path is empty");
  if (path[0] != '/' && !g_str_equal (namespace, "self"))
    return ctl_usage ("'%s' is relative, and in another namespace a path must be absolute", path);
  if (path[0] == '/') {
    *absolute = g_strdup (path);
    return CTL_OK;
  }
  /* Not what $PWD says, nor "/" where there is none: what is named could be another one there. */
  if (getcwd (here, sizeof here) == NULL || here[0] != '/')
    return ctl_usage ("'%s' is relative, and no path leads to the working directory", path);
  *absolute = g_build_filename (here, path, NULL);
  return CTL_OK;
}

CtlExit
ctl_ask (Ctl *ctl, const char *method, const char *const *words, LinxMountOptions *options)
{
  GError *error = NULL;
  g_autofree char *answer
      = linx_mount_client_can (ctl->client, method, words, -1, options, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  g_print ("%s\n", answer);
  return g_str_equal (answer, "yes") ? CTL_OK : CTL_DENIED;
}

gboolean
ctl_has_colour (void)
{
  const char *no_colour = g_getenv ("NO_COLOR");
  const char *term = g_getenv ("TERM");

  return isatty (STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && term != NULL
         && !g_str_equal (term, "dumb");
}
