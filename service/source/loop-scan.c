/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/loop-scan.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ASK_SECONDS 1

/* One question to one device, which whoever asks may leave alone. */
typedef struct {
  gatomicrefcount ref;
  guint number;
  int device;        /* the worker's descriptor of it, until the thread is ready */
  GAsyncQueue *told; /* the question itself, twice: when it is ready, and when it is answered */
  int err;
  struct loop_info64 info;
} Question;

/* Each device is asked by one thread at a time: so those that wait for files which do not answer
 * are no more than there are such devices, whoever calls and however often. */
static GMutex lock;
static GCond answered;
static GHashTable *asked; /* number -> gint64: since when */

/* FALSE: one that asked before has had no answer by @deadline, or in the time that an answer may
 * take: that one need not be waited for again. */
static gboolean
take_turn (guint number, gint64 deadline)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  gint64 now = g_get_monotonic_time ();
  const gint64 *since;

  if (asked == NULL)
    asked = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  while ((since = g_hash_table_lookup (asked, GUINT_TO_POINTER (number))) != NULL) {
    gint64 end = MIN (deadline, *since + ASK_SECONDS * G_USEC_PER_SEC);

    if (end <= now || !g_cond_wait_until (&answered, &lock, end))
      return FALSE;
    now = g_get_monotonic_time ();
  }
  g_hash_table_insert (asked, GUINT_TO_POINTER (number), g_memdup2 (&now, sizeof now));
  return TRUE;
}

static void
end_turn (guint number)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);

  g_hash_table_remove (asked, GUINT_TO_POINTER (number));
  g_cond_broadcast (&answered);
}

static void
question_unref (Question *question)
{
  if (!g_atomic_ref_count_dec (&question->ref))
    return;
  g_async_queue_unref (question->told);
  g_free (question);
}

/* Its root, its working directory and its descriptors are its own: a worker that leaves it alone
 * goes on to other namespaces, and nothing of a call stays open here. */
static gpointer
ask (gpointer data)
{
  Question *question = data;
  gboolean own = unshare (CLONE_FS | CLONE_FILES) == 0;

  own = own && dup3 (question->device, LINX_SLOT, O_CLOEXEC) >= 0
        && close_range (LINX_SLOT + 1, ~0U, 0) == 0;
  g_async_queue_push (question->told, question);
  if (!own)
    question->err = EAGAIN;
  else
    question->err = ioctl (LINX_SLOT, LOOP_GET_STATUS64, &question->info) == 0 ? 0 : errno;
  end_turn (question->number);
  g_async_queue_push (question->told, question);
  question_unref (question);
  return NULL;
}

/* Asks for LOOP_GET_STATUS64, where it is this one's turn. NULL: it could not be asked. */
static Question *
question_new (guint number, int device)
{
  Question *question = g_new0 (Question, 1);
  GThread *thread;

  question->number = number;
  g_atomic_ref_count_init (&question->ref);
  g_atomic_ref_count_inc (&question->ref);
  question->told = g_async_queue_new ();
  question->device = device;
  thread = g_thread_try_new ("linx-loop", ask, question, NULL);
  if (thread == NULL) {
    end_turn (number);
    question_unref (question);
    question_unref (question);
    return NULL;
  }
  g_thread_unref (thread);
  g_async_queue_pop (question->told);
  return question;
}

/* What sysfs says of the file's name asks no filesystem. */
static char *
name_of (guint number)
{
  g_autofree char *path = g_strdup_printf ("/sys/block/loop%u/loop/backing_file", number);
  char *name = NULL;

  if (!g_file_get_contents (path, &name, NULL, NULL))
    return NULL;
  return g_strchomp (name);
}

static guint64
end_of (guint64 offset, guint64 size_limit)
{
  return size_limit == 0 || size_limit > G_MAXUINT64 - offset ? G_MAXUINT64 : offset + size_limit;
}

static LinxLoopMatch
compare (const LinxLoopRange *range, const struct loop_info64 *info)
{
  gboolean read_only = (info->lo_flags & LO_FLAGS_READ_ONLY) != 0;

  if (info->lo_inode != range->inode || major (info->lo_device) != major (range->device)
      || minor (info->lo_device) != minor (range->device)
      || info->lo_offset >= end_of (range->offset, range->size_limit)
      || range->offset >= end_of (info->lo_offset, info->lo_sizelimit))
    return LINX_LOOP_FREE;
  if (info->lo_offset != range->offset || info->lo_sizelimit != range->size_limit)
    return LINX_LOOP_OVERLAPS;
  return read_only == range->read_only ? LINX_LOOP_SAME : LINX_LOOP_MODE;
}

/* A device that is attached to something. It is open before it is asked: nobody takes it away
 * meanwhile. */
typedef struct {
  guint number;
  char *name;
  int fd;
  Question *question; /* NULL: not yet, for somebody else asks it */
} Candidate;

static void
candidate_clear (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->name);
  if (candidate->fd >= 0)
    close (candidate->fd);
  g_clear_pointer (&candidate->question, question_unref);
}

static LinxLoopMatch
wait_for_answer (Candidate *candidate, const LinxLoopRange *range, gint64 deadline)
{
  gboolean is_ours = g_str_equal (candidate->name, range->name);
  const Question *question = candidate->question;
  gint64 left;

  if (question == NULL && !take_turn (candidate->number, deadline))
    return is_ours ? LINX_LOOP_SILENT : LINX_LOOP_FREE;
  if (question == NULL)
    question = candidate->question = question_new (candidate->number, candidate->fd);
  if (question == NULL)
    return LINX_LOOP_SILENT;
  left = deadline - g_get_monotonic_time ();
  if (g_async_queue_timeout_pop (question->told, (guint64)MAX (left, 0)) == NULL)
    return is_ours ? LINX_LOOP_SILENT : LINX_LOOP_FREE;
  if (question->err == 0)
    return compare (range, &question->info);
  return question->err == EAGAIN ? LINX_LOOP_SILENT : LINX_LOOP_FREE;
}

/* The number of "loop7"; FALSE where it is another device. */
static gboolean
number_of (const char *name, guint *number)
{
  guint64 value;

  if (!g_str_has_prefix (name, "loop")
      || !g_ascii_string_to_unsigned (name + strlen ("loop"), 10, 0, G_MAXINT, &value, NULL))
    return FALSE;
  *number = (guint)value;
  return TRUE;
}

static void
add_candidate (GArray *candidates, guint number)
{
  g_autofree char *path = g_strdup_printf ("/dev/loop%u", number);
  Candidate candidate = { .number = number, .name = name_of (number), .fd = -1 };

  if (candidate.name != NULL)
    candidate.fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (candidate.fd < 0) {
    g_free (candidate.name);
    return;
  }
  if (take_turn (number, 0))
    candidate.question = question_new (number, candidate.fd);
  g_array_append_val (candidates, candidate);
}

/* All of them are asked at once: many that do not answer take no longer than one. */
static GArray *
ask_all (guint except)
{
  GArray *candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
  g_autoptr (GDir) devices = g_dir_open ("/sys/block", 0, NULL);
  const char *name;
  guint number;

  g_array_set_clear_func (candidates, candidate_clear);
  while (devices != NULL && (name = g_dir_read_name (devices)) != NULL)
    if (number_of (name, &number) && number != except)
      add_candidate (candidates, number);
  return candidates;
}

LinxLoopMatch
linx_loop_scan (const LinxLoopRange *range, guint except, guint *number, int *fd)
{
  g_autoptr (GArray) candidates = ask_all (except);
  gint64 deadline = g_get_monotonic_time () + ASK_SECONDS * G_USEC_PER_SEC;
  LinxLoopMatch worst = LINX_LOOP_FREE;

  *fd = -1;
  for (guint i = 0; i < candidates->len; i++) {
    Candidate *candidate = &g_array_index (candidates, Candidate, i);
    LinxLoopMatch match = wait_for_answer (candidate, range, deadline);

    if (match <= worst)
      continue;
    worst = match;
    *number = candidate->number;
    if (*fd >= 0)
      close (*fd);
    *fd = -1;
    if (match == LINX_LOOP_SAME) {
      *fd = candidate->fd;
      candidate->fd = -1;
    }
  }
  return worst;
}
