/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "utab.h"
#include "linx-error.h"
#include "verb.h"

#include <errno.h>
#include <libmount.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define UTAB "/run/mount/utab"

typedef struct libmnt_table UtabTable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UtabTable, mnt_unref_table)

static gboolean
is_host (const LinxPins *pins)
{
  return pins->ns[LINX_IN].kind == LINX_NAMESPACE_HOST;
}

static gboolean
is_empty (void)
{
  struct stat utab;

  return stat (UTAB, &utab) < 0 || utab.st_size == 0;
}

/* Returns 0, or an errno. */
static int
update (unsigned long flags, const char *gone, struct libmnt_fs *fs)
{
  struct libmnt_update *update = mnt_new_update ();
  int rc = update != NULL ? mnt_update_set_fs (update, flags, gone, fs) : -ENOMEM;

  if (rc == 0)
    rc = mnt_update_table (update, NULL);
  mnt_free_update (update);
  /* 1: there is nothing to record. */
  return rc < 0 ? -rc : 0;
}

static struct libmnt_fs *
new_entry (const LinxRequest *request, const LinxPins *pins)
{
  struct libmnt_fs *fs = mnt_new_fs ();
  g_autofree char *words = linx_options_user_text (request->options);

  if (fs == NULL || mnt_fs_set_source (fs, pins->source) != 0
      || mnt_fs_set_target (fs, pins->target) != 0
      || (pins->fstype != NULL && mnt_fs_set_fstype (fs, pins->fstype) != 0)
      || mnt_fs_set_options (fs, words) != 0) {
    mnt_unref_fs (fs);
    return NULL;
  }
  return fs;
}

gboolean
linx_utab_record (const LinxRequest *request, const LinxPins *pins, GError **error)
{
  struct libmnt_fs *fs;
  int err = ENOMEM;

  /* A helper's mount(8) has done so. */
  if (!is_host (pins) || request->options->user->len == 0 || pins->helper)
    return TRUE;
  fs = new_entry (request, pins);
  if (fs != NULL)
    err = update (request->verb->bit == LINX_VERB_BIND ? MS_BIND : 0, NULL, fs);
  mnt_unref_fs (fs);
  return err == 0 ? TRUE
                  : linx_error_set (error, LINX_STAGE_FSTAB, err, UTAB,
                                    "the words for other programs could not be recorded");
}

void
linx_utab_forget (const LinxPins *pins, const char *target)
{
  if (is_host (pins) && !is_empty ())
    update (0, target, NULL);
}

void
linx_utab_move (const LinxPins *pins)
{
  struct libmnt_fs *fs;

  if (!is_host (pins) || is_empty ())
    return;
  fs = mnt_new_fs ();
  if (fs != NULL && mnt_fs_set_source (fs, pins->source) == 0
      && mnt_fs_set_target (fs, pins->target) == 0)
    update (MS_MOVE, NULL, fs);
  mnt_unref_fs (fs);
}

/* User options by mountinfo's id, as libmount joins the two files. */
static GHashTable *
options_by_id (UtabTable *joined)
{
  GHashTable *options = g_hash_table_new (NULL, NULL);
  struct libmnt_iter *iter = mnt_new_iter (MNT_ITER_FORWARD);
  struct libmnt_fs *fs;

  while (iter != NULL && mnt_table_next_fs (joined, iter, &fs) == 0)
    if (mnt_fs_get_user_options (fs) != NULL)
      g_hash_table_insert (options, GINT_TO_POINTER (mnt_fs_get_id (fs)),
                           (gpointer)mnt_fs_get_user_options (fs));
  mnt_free_iter (iter);
  return options;
}

void
linx_utab_join (LinxTable *table)
{
  g_autoptr (UtabTable) joined = NULL;
  g_autoptr (GHashTable) options = NULL;

  if (is_empty ())
    return;
  joined = mnt_new_table ();
  if (joined == NULL || mnt_table_parse_mtab (joined, NULL) != 0)
    return;
  options = options_by_id (joined);
  for (guint i = 0; i < table->rows->len; i++) {
    LinxRow *row = g_ptr_array_index (table->rows, i);

    row->user_options = g_strdup (g_hash_table_lookup (options, GUINT_TO_POINTER (row->mount_id)));
  }
}
