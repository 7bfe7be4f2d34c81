/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/features.h"
#include "kernel/process.h"
#include "linx-error.h"
#include "linx-path.h"
#include "lookup/namespace.h"
#include "lookup/ns-file.h"
#include "lookup/pins.h"
#include "table/mount-id.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Looking up what a request names, as the caller, to be held. */

/* /proc/self and /proc/thread-self are whoever looks them up: for a caller, its own process. Only
 * where that /proc is of the service's pid namespace, which the caller's number is of. */
static char *
path_for_caller (const LinxPins *pins, int root, const char *path)
{
  static const char *const names[] = { "/proc/self", "/proc/thread-self" };
  pid_t pid = pins->sender.caller->pid;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *rest = path + strlen (names[i]);

    if (g_str_has_prefix (path, names[i]) && (rest[0] == '/' || rest[0] == '\0')
        && linx_process_is_shown_by (root, "proc"))
      return i == 0 ? g_strdup_printf ("/proc/%d%s", (int)pid, rest)
                    : g_strdup_printf ("/proc/%d/task/%d%s", (int)pid, (int)pid, rest);
  }
  return g_strdup (path);
}

static gboolean
is_given (const LinxNamed *named)
{
  return named->path != NULL || named->fd >= 0;
}

/* Where a call has several paths. */
static gboolean
name_argument (const char *argument, GError **error)
{
  if (error != NULL && *error != NULL) {
    g_autofree char *message = (*error)->message;

    (*error)->message = g_strdup_printf ("%s; argument '%s'", message, argument);
  }
  return FALSE;
}

static int
open_named (const LinxRequest *request, const LinxPins *pins, int root, const LinxNamed *named,
            int given_fd, guint flags, GError **error)
{
  g_autofree char *path = named->fd < 0 ? path_for_caller (pins, root, named->path) : NULL;

  if (path != NULL)
    return linx_path_open (root, path, linx_pins_path_flags (request) | flags, error);
  return linx_path_reopen (given_fd, error);
}

/* Mounting on one, and cloning one, is younger than they are. */
static gboolean
check_kernel (const LinxRequest *request, GError **error)
{
  if ((request->method->bit & (LINX_VERBS_PLACING | LINX_VERBS_CLONING)) == 0
      || linx_feature_detached_mounts ())
    return TRUE;
  g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                       "detached mounts can be cloned and mounted on since Linux 6.15");
  return FALSE;
}

/* A place, or a detached mount that a descriptor gave, of verbs that take one. */
static gboolean
read_place (const LinxRequest *request, LinxPlace *place, int fd, const LinxNamed *named,
            gboolean takes_detached, GError **error)
{
  if (takes_detached && named->fd >= 0 && linx_file_id_read (&place->id, fd, "") == 0
      && linx_pins_is_detached (&place->id))
    return check_kernel (request, error);
  return linx_place_read (place, fd, linx_named_text (named), error);
}

/* The directory of a target that is to be created, and its last component. */
static gboolean
hold_parent (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autofree char *parent = NULL;

  linx_path_split (request->target.path, &parent, &pins->target.name);
  if (g_str_equal (pins->target.name, ".") || g_str_equal (pins->target.name, ".."))
    return linx_error_set (error, LINX_MOUNT_STAGE_RESOLVE, ENOENT, request->target.path, NULL);
  pins->target.fd
      = linx_path_open (pins->ns[LINX_IN].root, parent, linx_pins_path_flags (request), error);
  return pins->target.fd >= 0;
}

/* What goes beneath a mount has that one's place. */
static gboolean
check_beneath (const LinxPins *pins, GError **error)
{
  if (!linx_feature_beneath ()) {
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
                         "'beneath' is possible since Linux 6.5");
    return FALSE;
  }
  if (pins->target.is_detached)
    return linx_error_set_args (error, "'beneath' does not go with a detached mount");
  return pins->target.is_mount
             ? TRUE
             : linx_error_set (error, LINX_MOUNT_STAGE_MOVE_MOUNT, EINVAL, pins->target.path,
                               "not a mount point: there is nothing to go beneath");
}

static gboolean
hold_target (const LinxRequest *request, LinxPins *pins, GError **error)
{
  g_autoptr (GError) missing = NULL;

  pins->target.fd = open_named (request, pins, pins->ns[LINX_IN].root, &request->target,
                                pins->target.given_fd, 0, &missing);
  if (missing != NULL
      && (request->create == LINX_CREATE_NOTHING
          || linx_mount_error_get_errno (missing) != ENOENT)) {
    g_propagate_error (error, g_steal_pointer (&missing));
    return FALSE;
  }
  if (missing != NULL && !hold_parent (request, pins, error))
    return FALSE;
  if (!read_place (request, &pins->target.place, pins->target.fd, &request->target,
                   (request->method->bit & LINX_VERBS_ON_DETACHED) != 0, error))
    return FALSE;

  pins->target.is_detached = pins->target.place.path == NULL;
  pins->target.path = pins->target.is_detached ? g_strdup (LINX_DETACHED)
                      : pins->target.name == NULL
                          ? g_strdup (pins->target.place.path)
                          : g_build_filename (pins->target.place.path, pins->target.name, NULL);
  pins->target.mount = pins->target.place.id.mount;
  pins->target.is_mount = pins->target.name == NULL && pins->target.place.id.mount_root;
  pins->target.propagation = linx_mount_id_propagation (pins->target.mount);
  return !request->beneath || check_beneath (pins, error);
}

gboolean
linx_pins_hold_target (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (hold_target (request, pins, error))
    return TRUE;
  if (is_given (&request->put_old))
    return name_argument ("new_root", error);
  return is_given (&request->source) ? name_argument ("target", error) : FALSE;
}

gboolean
linx_pins_hold_put_old (const LinxRequest *request, LinxPins *pins, GError **error)
{
  const LinxNamed *named = &request->put_old;
  const char *below;

  if (!is_given (named))
    return TRUE;
  pins->put_old.fd
      = open_named (request, pins, pins->ns[LINX_IN].root, named, pins->put_old.given_fd, 0, error);
  if (pins->put_old.fd < 0
      || !linx_place_read (&pins->put_old.place, pins->put_old.fd, linx_named_text (named), error))
    return name_argument ("put_old", error);
  below = linx_path_rest (pins->put_old.place.path, pins->target.place.path);
  pins->put_old.below = below != NULL && below[0] == '/' ? g_strdup (below + 1) : NULL;
  return TRUE;
}

static int
open_source (const LinxRequest *request, const LinxPins *pins, guint flags, GError **error)
{
  int root = pins->ns[pins->ns[LINX_FROM].fd >= 0 ? LINX_FROM : LINX_IN].root;
  const LinxNamed *named = &request->source;
  const char *name;
  pid_t pid;

  if (request->method->bit == LINX_VERB_BIND && named->fd < 0
      && linx_ns_file_match (named->path, pins->sender.caller->pid, &pid, &name))
    return linx_ns_file_open (named->path, pid, name, error);
  return open_named (request, pins, root, named, pins->source.given_fd, flags, error);
}

static gboolean
is_ns_file (const LinxRequest *request, LinxPins *pins, int fd)
{
  return request->method->bit == LINX_VERB_BIND
         && linx_file_id_read (&pins->source.place.id, fd, "") == 0
         && !pins->source.place.id.mount_root && linx_ns_file_is (&pins->source.place.id);
}

static gboolean
hold_source (const LinxRequest *request, LinxPins *pins, guint flags, GError **error)
{
  int fd = pins->source.fd = open_source (request, pins, flags, error);

  if (fd >= 0 && is_ns_file (request, pins, fd)) {
    pins->source.kind = LINX_SOURCE_NAMESPACE;
    pins->source.path = linx_ns_file_name (fd);
    return TRUE;
  }
  if (fd < 0
      || !read_place (request, &pins->source.place, fd, &request->source,
                      (request->method->bit & LINX_VERBS_CLONING) != 0, error))
    return name_argument ("source", error);
  if (pins->source.place.path == NULL) {
    pins->source.kind = LINX_SOURCE_FD;
    pins->source.path = g_strdup (LINX_DETACHED);
    return TRUE;
  }
  pins->source.path = g_strdup (pins->source.place.path);
  pins->source.kind
      = S_ISDIR (pins->source.place.id.mode) ? LINX_SOURCE_DIRECTORY : LINX_SOURCE_FILE;
  return TRUE;
}

gboolean
linx_pins_hold_source (const LinxRequest *request, LinxPins *pins, guint flags, GError **error)
{
  if (!linx_pins_crosses (pins))
    return hold_source (request, pins, flags, error);
  return linx_namespace_enter (pins, LINX_FROM, error) && hold_source (request, pins, flags, error)
         && linx_namespace_enter (pins, LINX_IN, error);
}
