/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/helper.h"
#include "kernel/sys.h"
#include "linx-error.h"
#include "linx-option-list.h"
#include "linx-secrets.h"
#include "mount/attach.h"
#include "mount/attributes.h"
#include "mount/peers.h"
#include "table/mount-id.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define MOUNT "/usr/bin/mount"
#define SYSTEMD_RUN "/usr/bin/systemd-run"
/* sd_booted(3) */
#define SYSTEMD_IS_THERE "/run/systemd/system"

static gboolean
fail (const LinxPins *pins, int err, const char *words, GError **error)
{
  return linx_error_set (error, LINX_MOUNT_STAGE_HELPER, err, pins->target.path, words);
}

/* "fuse.sshfs" is mount.fuse.sshfs or mount.fuse, as libmount looks for them. */
static char *
find_helper (const char *fstype)
{
  g_autofree char *path = g_strconcat ("/sbin/mount.", fstype, NULL);
  char *dot;

  while (faccessat (AT_FDCWD, path, X_OK, AT_EACCESS) != 0) {
    dot = strrchr (path + strlen ("/sbin/mount."), '.');
    if (dot == NULL)
      return NULL;
    *dot = '\0';
  }
  return g_steal_pointer (&path);
}

static gboolean
has_helper (const char *fstype)
{
  g_autofree char *path = find_helper (fstype);

  return path != NULL;
}

static gboolean
check_options (const LinxRequest *request, GError **error)
{
  const GPtrArray *fs = request->options->fs;

  for (guint i = 0; i < fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (fs, i);

    if (!linx_option_list_is_plain (option->value))
      return linx_error_set_args (error,
                                  "option '%s' of a helper may hold no comma and no quote, and no "
                                  "backslash at its end",
                                  option->name);
  }
  return TRUE;
}

/* In the host the kernel may do without a helper of a network filesystem, with options that say all
 * it would find out. */
static gboolean
needs_helper (const LinxPins *pins)
{
  static const char *const network[] = { "cifs", "nfs", "nfs4", "smb3", NULL };

  return g_str_equal (pins->fs.type, "fuse") || g_str_has_prefix (pins->fs.type, "fuse.")
         || ((pins->ns[LINX_IN].kind != LINX_NAMESPACE_HOST
              || (!pins->sender.privileged && !pins->sender.sees_as_service))
             && g_strv_contains (network, pins->fs.type));
}

gboolean
linx_helper_pin (const LinxRequest *request, LinxPins *pins, GError **error)
{
  if (pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST && request->method->bit == LINX_VERB_MOUNT
      && (pins->sender.privileged || pins->sender.sees_as_service))
    pins->fs.by_helper = pins->fs.type[0] != '\0' && has_helper (pins->fs.type);
  if (pins->fs.by_helper
      && (request->idmap.kind != LINX_WHERE_NONE || request->process.kind != LINX_WHERE_NONE))
    return linx_error_set_args (
        error, "'idmap' and 'process' are not for fstype %s: a helper mounts it", pins->fs.type);
  if (pins->fs.by_helper
      && (request->beneath || request->exclusive || request->options->subdir != NULL))
    return linx_error_set_args (
        error,
        "'beneath', 'exclusive' and 'X-mount.subdir' are not for fstype %s: a helper mounts it",
        pins->fs.type);
  if (pins->fs.by_helper && request->source.path != NULL && request->source.path[0] == '-')
    return linx_error_set_args (error, "'source' begins with '-': the helper would take an option");
  if (pins->fs.by_helper && request->source.path != NULL
      && g_str_has_prefix (request->source.path, "ID="))
    return linx_error_set_args (error, "'source' is a tag that only mount(8) knows: '%s'",
                                request->source.path);
  if (pins->fs.by_helper)
    return check_options (request, error);
  if (!needs_helper (pins))
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED,
               "fstype %s needs the helper /sbin/mount.%s, and the host's namespace to run it in",
               pins->fs.type, pins->fs.type);
  return FALSE;
}

/* A helper takes paths: nobody may be able to have them lead elsewhere meanwhile. */
static gboolean
check_paths (const LinxPins *pins, GError **error)
{
  const char *loose = NULL;

  if (!linx_path_is_fixed (pins->target.path))
    loose = pins->target.path;
  else if (pins->source.kind != LINX_SOURCE_NONE && !linx_path_is_fixed (pins->source.path))
    loose = pins->source.path;
  return loose == NULL ? TRUE
                       : linx_error_set (error, LINX_MOUNT_STAGE_HELPER, EPERM, loose,
                                         "others than root may write to a directory that leads "
                                         "there, or a FUSE server shows it");
}

static char *
options_text (const LinxRequest *request, const LinxPins *pins)
{
  LinxAttributes attributes, tree;
  g_autofree char *words = NULL;
  g_autofree char *user = linx_options_user_text (request->options);
  GString *text = g_string_new ("defaults");

  linx_attributes_of (request, pins, &attributes, &tree);
  words = linx_options_attributes (&attributes);
  if (words[0] != '\0')
    g_string_append_printf (text, ",%s", words);
  if (user[0] != '\0')
    g_string_append_printf (text, ",%s", user);
  if (request->options->user_name != NULL)
    g_string_append_printf (text, ",user=%s", request->options->user_name);
  for (guint i = 0; i < request->options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (request->options->fs, i);

    g_string_append_printf (text, ",%s", option->name);
    if (option->value != NULL)
      g_string_append_printf (text, "=%s", option->value);
  }
  return g_string_free (text, FALSE);
}

/* "--NAME=VALUE": one word, so that no value can pass for an option. systemd expands "$"
 * (systemd.service(5)), and "$$" to one of them. */
static void
add_word (GStrvBuilder *words, const char *name, const char *value, gboolean expanded)
{
  g_autoptr (GString) word = g_string_new (NULL);

  g_string_printf (word, "--%s=%s", name, value);
  if (expanded)
    g_string_replace (word, "$", "$$", 0);
  g_strv_builder_add (words, word->str);
}

static void
add_plain (GStrvBuilder *words, const char *word, gboolean expanded)
{
  g_autoptr (GString) text = g_string_new (word);

  if (expanded)
    g_string_replace (text, "$", "$$", 0);
  g_strv_builder_add (words, text->str);
}

/* What mount(8) would run, which takes a type that begins with "no" for all others. */
static void
add_helper (GStrvBuilder *words, const LinxPins *pins, const char *options, gboolean expanded)
{
  g_autofree char *path = find_helper (pins->fs.type);

  add_plain (words, path != NULL ? path : "/sbin/mount", expanded);
  add_plain (words, pins->source.path, expanded);
  add_plain (words, pins->target.path, expanded);
  g_strv_builder_add (words, "-o");
  add_plain (words, options, expanded);
}

static GStrv
command_of (const LinxRequest *request, const LinxPins *pins)
{
  static const char *const unit[] = { SYSTEMD_RUN,
                                      "--quiet",
                                      "--collect",
                                      "--pipe",
                                      "--wait",
                                      "--property=Type=oneshot",
                                      "--property=KillMode=process",
                                      "--description=Mount helper of linx-mountd",
                                      "--" };
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autofree char *options = options_text (request, pins);
  gboolean in_unit = access (SYSTEMD_IS_THERE, F_OK) == 0;

  for (gsize i = 0; in_unit && i < G_N_ELEMENTS (unit); i++)
    g_strv_builder_add (words, unit[i]);
  if (g_str_has_prefix (pins->fs.type, "no")) {
    add_helper (words, pins, options, in_unit);
    return g_strv_builder_end (words);
  }
  g_strv_builder_add_many (words, MOUNT, "--no-canonicalize", NULL);
  add_word (words, "types", pins->fs.type, in_unit);
  add_word (words, "options", options, in_unit);
  add_word (words, "source", pins->source.path, in_unit);
  add_word (words, "target", pins->target.path, in_unit);
  return g_strv_builder_end (words);
}

/* Runs it with an empty environment, its words in @output. Returns its pid, or -1 with errno set.
 */
static pid_t
spawn (GStrv command, int output)
{
  char *environment[] = { NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attr;
  sigset_t none, all;
  pid_t pid = -1;
  int rc;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, output, STDERR_FILENO);
  posix_spawnattr_init (&attr);
  posix_spawnattr_setsigmask (&attr, &none);
  posix_spawnattr_setsigdefault (&attr, &all);
  posix_spawnattr_setflags (&attr,
                            POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  rc = posix_spawn (&pid, command[0], &actions, &attr, command, environment);
  posix_spawnattr_destroy (&attr);
  posix_spawn_file_actions_destroy (&actions);
  errno = rc;
  return rc == 0 ? pid : -1;
}

static GString *
in_one_line (const char *words)
{
  g_auto (GStrv) lines = g_strsplit (words, "\n", -1);
  GString *text = g_string_new (NULL);

  for (char **line = lines; *line != NULL; line++)
    if (g_strstrip (*line)[0] != '\0')
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", *line);
  return text;
}

/* What it had to say; it may repeat what it was told. */
static char *
read_words (const LinxRequest *request, const LinxPins *pins, int output)
{
  g_autofree char *source = linx_secrets_strike_url (pins->source.path);
  g_autoptr (GString) text = NULL;
  char words[1024];
  gssize n = pread (output, words, sizeof words - 1, 0);

  words[n > 0 ? n : 0] = '\0';
  text = in_one_line (words);
  if (!g_str_equal (source, pins->source.path))
    g_string_replace (text, pins->source.path, source, 0);
  return linx_options_strike_secrets (request->options, text->str);
}

static gboolean
run (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  g_auto (GStrv) command = command_of (request, pins);
  g_autofree char *words = NULL;
  int output = memfd_create ("linx-mount-helper", MFD_CLOEXEC);
  pid_t pid = output >= 0 ? spawn (command, output) : -1;
  int status = 0, err = errno;

  while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  words = output >= 0 ? read_words (request, pins, output) : g_strdup ("");
  if (output >= 0)
    close (output);
  if (pid < 0)
    return fail (pins, err, NULL, error);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return TRUE;
  return fail (pins, EIO, words[0] != '\0' ? words : "the helper failed, and did not say why",
               error);
}

/* What is there now, if it is new, and on the mount that was approved. */
static int
open_result (const LinxPins *pins, GError **error)
{
  int fd = linx_path_open (AT_FDCWD, pins->target.path, LINX_PATH_NO_SYMLINKS, error);
  LinxFileId id;

  if (fd < 0)
    return -1;
  if (linx_file_id_read (&id, fd, "") == 0 && id.mount_root
      && id.mount != pins->target.place.id.mount
      && linx_mount_id_parent (id.mount) == pins->target.place.id.mount)
    return fd;
  close (fd);
  fail (pins, ESTALE, "the helper did not mount there", error);
  return -1;
}

/* What a helper was told it may not heed. */
static gboolean
enforce (LinxJob *job, const LinxRequest *request, const LinxPins *pins, int mount, GError **error)
{
  LinxAttributes attributes, tree;

  linx_attributes_of (request, pins, &attributes, &tree);
  return linx_attributes_change (job, mount, FALSE, &attributes, pins->target.path, error);
}

int
linx_helper_mount (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error)
{
  gboolean ok;
  int mount;

  if ((pins->source.kind != LINX_SOURCE_NONE && !linx_pins_recheck_source (pins, error))
      || !check_paths (pins, error) || !linx_attach_ready (job, request, pins, error)
      || !linx_peers_recheck (request, pins, error)
      || !linx_job_commit (job, "running the helper", error))
    return -1;
  ok = run (request, pins, error);
  linx_job_committed (job, ok);
  mount = ok ? open_result (pins, error) : -1;
  if (mount < 0 || enforce (job, request, pins, mount, error))
    return mount;
  close (mount);
  return -1;
}
