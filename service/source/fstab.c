/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/fstab.h"
#include "linx-error.h"
#include "lookup/pins.h"
#include "request/request-decode.h"
#include "source/filesystem-types.h"
#include "source/tag.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct libmnt_table FstabTable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FstabTable, mnt_unref_table)

gboolean
linx_fstab_is_wanted (const LinxRequest *request)
{
  return request->method->bit == LINX_VERB_MOUNT && request->source.fd < 0 && request->target.fd < 0
         && (request->fstype[0] == '\0' || request->source.path[0] == '\0');
}

gboolean
linx_fstab_is_needed (const LinxRequest *request)
{
  return request->target.path[0] == '\0'
         || (request->source.path[0] == '\0'
             && (request->fstype[0] == '\0'
                 || linx_filesystem_type_need (request->fstype) == LINX_TYPE_DEVICE));
}

/* What a word leads to, looked up as everything that callers name: never opened. */
typedef struct {
  const char *text;
  LinxPlace place; /* its path is NULL: it leads nowhere, or is no path */
} Word;

static void
word_clear (Word *word)
{
  linx_place_clear (&word->place);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Word, word_clear)

/* @probe: whether to look for tags on the devices themselves, where udev has no links. */
static Word
look_up (const char *text, guint flags, gboolean probe)
{
  gboolean is_tag = linx_tag_is (text);
  g_autofree char *link = is_tag ? linx_tag_find (text, probe, NULL) : NULL;
  const char *path = is_tag ? link : text[0] == '/' ? text : NULL;
  int fd = path != NULL ? linx_path_open (AT_FDCWD, path, is_tag ? 0 : flags, NULL) : -1;
  Word word = { .text = text };

  if (fd < 0)
    return word;
  if (!linx_place_read (&word.place, fd, path, NULL))
    linx_place_clear (&word.place);
  close (fd);
  return word;
}

static gboolean
is_device (const Word *word)
{
  return word->place.path != NULL && S_ISBLK (word->place.id.mode);
}

static gboolean
names (const Word *word, const char *text)
{
  return g_str_equal (word->text, text)
         || (word->place.path != NULL && g_str_equal (word->place.path, text));
}

static gboolean
is_bind (struct libmnt_fs *line)
{
  return mnt_fs_get_option (line, "bind", NULL, NULL) == 0
         || mnt_fs_get_option (line, "rbind", NULL, NULL) == 0;
}

/* A device is the same by all its names. */
static gboolean
is_source_of (struct libmnt_fs *line, const Word *source, gboolean probe)
{
  const char *text = mnt_fs_get_source (line);

  if (text == NULL || names (source, text))
    return text != NULL;
  if (!is_device (source) || is_bind (line))
    return FALSE;

  g_auto (Word) other = look_up (text, 0, probe);
  return is_device (&other) && other.place.id.rdev_major == source->place.id.rdev_major
         && other.place.id.rdev_minor == source->place.id.rdev_minor;
}

static gboolean
is_target_of (struct libmnt_fs *line, const Word *target)
{
  return mnt_fs_get_target (line) != NULL && names (target, mnt_fs_get_target (line));
}

/* NULL as @source or @target: any. */
static struct libmnt_fs *
find_line (struct libmnt_table *table, const Word *source, const Word *target, gboolean probe)
{
  struct libmnt_iter *iter = mnt_new_iter (MNT_ITER_FORWARD);
  struct libmnt_fs *line, *found = NULL;

  while (iter != NULL && found == NULL && mnt_table_next_fs (table, iter, &line) == 0)
    if ((target == NULL || is_target_of (line, target))
        && (source == NULL || is_source_of (line, source, probe)))
      found = line;
  mnt_free_iter (iter);
  return found;
}

/* One word may be the place or the source, as for mount(8). @by_source: it was the source */
static struct libmnt_fs *
find (struct libmnt_table *table, const LinxRequest *request, gboolean probe, gboolean *by_source)
{
  guint flags = linx_pins_path_flags (request);
  g_auto (Word) source = look_up (request->source.path, flags, probe);
  g_auto (Word) target = look_up (request->target.path, flags, probe);
  struct libmnt_fs *line;

  *by_source = FALSE;
  if (source.text[0] != '\0')
    return find_line (table, &source, target.text[0] != '\0' ? &target : NULL, probe);
  line = find_line (table, NULL, &target, probe);
  if (line != NULL || request->fstype[0] != '\0')
    return line;
  *by_source = TRUE;
  return find_line (table, &target, NULL, probe);
}

/* Without the bytes of what the line says. */
static GVariant *
without_target (GVariant *raw)
{
  g_auto (GVariantBuilder) rest = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{say}"));
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, raw);
  while (g_variant_iter_next (&iter, "{&s@ay}", &name, &child)) {
    g_autoptr (GVariant) bytes = child;

    if (!g_str_equal (name, "target"))
      g_variant_builder_add (&rest, "{s@ay}", name, bytes);
  }
  return g_variant_builder_end (&rest);
}

/* The caller's dictionary, with the line's options before its own. */
static GVariant *
with_options (GVariant *dictionary, const char *line_options, gboolean by_source)
{
  g_auto (GVariantBuilder) all = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GString) options = g_string_new (line_options);
  GVariantIter iter;
  const char *key;
  GVariant *child;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &child)) {
    g_autoptr (GVariant) value = child;

    if (g_str_equal (key, "options"))
      g_string_append_printf (options, "%s%s", options->len > 0 ? "," : "",
                              g_variant_get_string (value, NULL));
    else if (g_str_equal (key, "raw") && by_source)
      g_variant_builder_add (&all, "{sv}", key, without_target (value));
    else
      g_variant_builder_add (&all, "{sv}", key, value);
  }
  g_variant_builder_add (&all, "{sv}", "options", g_variant_new_string (options->str));
  return g_variant_builder_end (&all);
}

static const char *
text_or (const char *given, const char *otherwise)
{
  return given[0] != '\0' || otherwise == NULL ? given : otherwise;
}

static LinxRequest *
decode_with (LinxRequest *request, struct libmnt_fs *line, gboolean by_source, GError **error)
{
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (request->arguments, 3);
  const char *source, *target, *fstype;
  const char *options = mnt_fs_get_options (line) != NULL ? mnt_fs_get_options (line) : "";
  g_autoptr (LinxOptions) line_options = NULL;
  g_autoptr (GVariant) all = NULL;

  g_variant_get_child (request->arguments, 0, "&s", &source);
  g_variant_get_child (request->arguments, 1, "&s", &target);
  g_variant_get_child (request->arguments, 2, "&s", &fstype);
  /* What `raw` gives stays there. */
  if (request->source.path[0] == '\0')
    source = mnt_fs_get_source (line) != NULL ? mnt_fs_get_source (line) : "";
  if (by_source || request->target.path[0] == '\0')
    target = mnt_fs_get_target (line);
  fstype = text_or (fstype, mnt_fs_get_fstype (line));
  if (!g_utf8_validate (source, -1, NULL) || !g_utf8_validate (target, -1, NULL)
      || !g_utf8_validate (options, -1, NULL) || !g_utf8_validate (fstype, -1, NULL)) {
    linx_error_set (error, LINX_MOUNT_STAGE_FSTAB, EILSEQ, "/etc/fstab", "the line is not UTF-8");
    return NULL;
  }
  /* A list of its own: what is broken in it takes nothing of the caller's along. */
  line_options = linx_options_parse (options, error);
  if (line_options == NULL)
    return NULL;
  all = g_variant_ref_sink (g_variant_new ("(sss@a{sv})", source, target, fstype,
                                           with_options (dictionary, options, by_source)));
  return linx_request_decode_again (request, all, error);
}

/* A line of another type is another line. */
static gboolean
is_of_type (struct libmnt_fs *line, const LinxRequest *request)
{
  return request->fstype[0] == '\0' || g_strcmp0 (mnt_fs_get_fstype (line), request->fstype) == 0
         || linx_fstab_is_needed (request);
}

/* libmount reads the file, and nothing else: of a path of a caller's it would open what is there,
 * and follow magic links of this process. */
LinxRequest *
linx_fstab_complete (LinxRequest *request, gboolean probe, GError **error)
{
  g_autoptr (FstabTable) table = mnt_new_table ();
  struct libmnt_fs *line = NULL;
  gboolean by_source = FALSE;

  if (table != NULL && mnt_table_parse_fstab (table, "/etc/fstab") == 0)
    line = find (table, request, probe, &by_source);
  if (line != NULL && is_of_type (line, request))
    return decode_with (request, line, by_source, error);
  if (!linx_fstab_is_needed (request))
    return linx_request_ref (request);
  linx_error_set (error, LINX_MOUNT_STAGE_FSTAB, ENOENT,
                  text_or (request->target.path, request->source.path),
                  "there is no line for it in /etc/fstab");
  return NULL;
}
