/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount/utab.h"
#include "linx-error.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define UTAB "/run/mount/utab"
/* More than that are not kept for a libmount that waits. */
#define MAX_WAITING 4096

typedef struct libmnt_table UtabTable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UtabTable, mnt_unref_table)

/* One change of the file. */
typedef struct {
  unsigned long flags;
  gboolean is_new; /* with MS_REMOUNT: nothing of what was recorded there before is kept */
  char *gone;
  struct libmnt_fs *fs;
} Change;

static GAsyncQueue *changes;

static gboolean
is_host (const LinxPins *pins)
{
  return pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST && !pins->target.is_detached;
}

static gboolean
is_empty (void)
{
  struct stat utab;

  return stat (UTAB, &utab) < 0 || utab.st_size == 0;
}

static void
change_free (Change *change)
{
  g_free (change->gone);
  mnt_unref_fs (change->fs);
  g_free (change);
}

/* What is recorded of the mount already stays, but for what has another value now. libmount itself
 * would put the new words in its place, and say nothing of what it is a mount of. */
static int
merge (struct libmnt_fs *fs, gboolean is_new)
{
  g_autoptr (UtabTable) joined = mnt_new_table ();
  struct libmnt_fs *there = NULL;
  char *rest = (char *)mnt_fs_get_user_options (fs);
  char *name, *value, *merged = NULL;
  gsize name_length, value_length;
  int rc = joined != NULL ? mnt_table_parse_mtab (joined, NULL) : -ENOMEM;

  if (rc == 0)
    there = mnt_table_find_target (joined, mnt_fs_get_target (fs), MNT_ITER_BACKWARD);
  if (there == NULL)
    return rc != 0 ? rc : -ENOENT;
  if (!is_new && mnt_fs_get_user_options (there) != NULL)
    merged = strdup (mnt_fs_get_user_options (there));
  while (rc == 0
         && mnt_optstr_next_option (&rest, &name, &name_length, &value, &value_length) == 0) {
    g_autofree char *word = g_strndup (name, name_length);
    g_autofree char *text = value != NULL ? g_strndup (value, value_length) : NULL;

    rc = mnt_optstr_set_option (&merged, word, text);
  }
  if (rc == 0)
    rc = mnt_fs_set_options (fs, merged);
  if (rc == 0)
    rc = mnt_fs_set_source (fs, mnt_fs_get_source (there));
  if (rc == 0)
    rc = mnt_fs_set_root (fs, mnt_fs_get_root (there));
  free (merged);
  return rc;
}

/* mnt_update_set_fs() says 1 where there is nothing to record. */
static void
make_change (const Change *change)
{
  struct libmnt_update *update = mnt_new_update ();
  int rc = update == NULL                ? -ENOMEM
           : change->flags == MS_REMOUNT ? merge (change->fs, change->is_new)
                                         : 0;

  if (rc == 0)
    rc = mnt_update_set_fs (update, change->flags, change->gone, change->fs);
  if (rc == 0)
    rc = mnt_update_table (update, NULL);
  mnt_free_update (update);
  if (rc < 0)
    g_warning ("%s could not be changed: %s", UTAB, g_strerror (-rc));
}

static gpointer
make_changes (gpointer unused)
{
  (void)unused;
  for (;;) {
    Change *change = g_async_queue_pop (changes);

    /* Where nothing is recorded there is nothing to forget or to move. */
    if ((change->gone == NULL && change->flags != MS_MOVE) || !is_empty ())
      make_change (change);
    change_free (change);
  }
  return NULL;
}

static void
change_later (unsigned long flags, gboolean is_new, const char *gone, struct libmnt_fs *fs)
{
  Change *change = g_new (Change, 1);

  *change = (Change){ flags, is_new, g_strdup (gone), fs };
  if (g_async_queue_length (changes) < MAX_WAITING)
    g_async_queue_push (changes, change);
  else
    change_free (change);
}

/* Where the mount is, and what is to be kept of it. */
static struct libmnt_fs *
new_entry (const LinxPins *pins, const char *source, const char *words)
{
  struct libmnt_fs *fs = mnt_new_fs ();

  if (fs == NULL || mnt_fs_set_source (fs, source) != 0
      || mnt_fs_set_target (fs, pins->target.path) != 0
      || (pins->fs.type != NULL && mnt_fs_set_fstype (fs, pins->fs.type) != 0)
      || mnt_fs_set_options (fs, words) != 0) {
    mnt_unref_fs (fs);
    return NULL;
  }
  return fs;
}

void
linx_utab_record (const LinxRequest *request, const LinxPins *pins, const char *source)
{
  g_autofree char *words = linx_options_user_text (request->options);
  struct libmnt_fs *fs;

  /* A helper's mount(8) has done so. */
  if (!is_host (pins) || words[0] == '\0' || pins->fs.by_helper)
    return;
  fs = source != NULL ? new_entry (pins, source, words) : NULL;
  /* Not MS_BIND: libmount would look the source up by its path, as root, wherever that leads. Its
   * source and root are what the table says. */
  if (fs != NULL)
    change_later (request->method->bit == LINX_VERB_BIND ? MS_REMOUNT : 0, TRUE, NULL, fs);
}

void
linx_utab_change (const LinxRequest *request, const LinxPins *pins)
{
  g_autofree char *words = linx_options_user_text (request->options);
  struct libmnt_fs *fs = NULL;

  if (is_host (pins) && words[0] != '\0')
    fs = new_entry (pins, NULL, words);
  if (fs != NULL)
    change_later (MS_REMOUNT, FALSE, NULL, fs);
}

void
linx_utab_forget (const LinxPins *pins, const char *target)
{
  if (is_host (pins))
    change_later (0, FALSE, target, NULL);
}

void
linx_utab_move (const LinxPins *pins)
{
  struct libmnt_fs *fs = is_host (pins) ? new_entry (pins, pins->source.path, "") : NULL;

  if (fs != NULL)
    change_later (MS_MOVE, FALSE, NULL, fs);
}

void
linx_utab_init (void)
{
  changes = g_async_queue_new ();
  g_thread_unref (g_thread_new ("linx-utab", make_changes, NULL));
}

GHashTable *
linx_utab_options (void)
{
  GHashTable *options = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autoptr (UtabTable) joined = is_empty () ? NULL : mnt_new_table ();
  struct libmnt_iter *iter;
  struct libmnt_fs *fs;

  if (joined == NULL || mnt_table_parse_mtab (joined, NULL) != 0)
    return options;
  iter = mnt_new_iter (MNT_ITER_FORWARD);
  while (iter != NULL && mnt_table_next_fs (joined, iter, &fs) == 0)
    if (mnt_fs_get_user_options (fs) != NULL)
      g_hash_table_insert (options, GINT_TO_POINTER (mnt_fs_get_id (fs)),
                           g_strdup (mnt_fs_get_user_options (fs)));
  mnt_free_iter (iter);
  return options;
}
