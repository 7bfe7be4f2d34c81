/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/authorize.h"
#include "bus/limits.h"
#include "linx-error.h"
#include "quota/fair-queue.h"

#include <errno.h>
#include <glib-unix.h>

#define MAX_SECONDS 300

/* polkit answers one question after the other, but for those that wait for a person. */
static LinxFairQueue checks = LINX_FAIR_QUEUE_INIT (1);
static LinxFairQueue prompts = LINX_FAIR_QUEUE_INIT (8);

static PolkitAuthority *authority;
static GList *waiting; /* of Question */

/* A question under way: which of its checks is being asked, and the strictest answer so far. */
typedef struct {
  PolkitSubject *subject;
  LinxAccount account;
  GPtrArray *checks; /* of LinxCheck */
  guint next;
  gboolean interactive;
  gboolean first_alone;
  LinxVerdict verdict; /* the strictest so far */
  GError *challenge;   /* of the first action that needs a prompt, where there may be none */
  GCancellable *asking;
  GCancellable *gone;
  gulong gone_handler;
  gint64 start; /* monotonic */
  guint timer;
  gboolean too_late;
  guint process_watch;
  gboolean process_ended;
} Question;

static gpointer
copy_check (gconstpointer check, gpointer unused)
{
  (void)unused;
  return linx_check_ref ((LinxCheck *)check);
}

static void
give_up (gpointer data, gpointer unused)
{
  Question *question = data;

  (void)unused;
  question->too_late = TRUE;
  g_cancellable_cancel (question->asking);
}

static gboolean
on_too_late (gpointer user_data)
{
  Question *question = user_data;

  question->timer = 0;
  give_up (question, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
on_process_ended (int process, GIOCondition condition, gpointer user_data)
{
  Question *question = user_data;

  (void)process;
  (void)condition;
  question->process_watch = 0;
  question->process_ended = TRUE;
  g_cancellable_cancel (question->asking);
  return G_SOURCE_REMOVE;
}

static void
on_gone (GCancellable *gone, gpointer asking)
{
  (void)gone;
  g_cancellable_cancel (asking);
}

static void
start_waiting (Question *question, int process, GCancellable *gone)
{
  if (process >= 0 && question->interactive)
    question->process_watch = g_unix_fd_add (process, G_IO_IN, on_process_ended, question);
  waiting = g_list_prepend (waiting, question);
  question->gone = g_object_ref (gone);
  question->gone_handler = g_cancellable_connect (gone, G_CALLBACK (on_gone),
                                                  g_object_ref (question->asking), g_object_unref);
  question->timer = g_timeout_add_seconds (MAX_SECONDS, on_too_late, question);
}

static void
stop_waiting (Question *question)
{
  waiting = g_list_remove (waiting, question);
  if (question->timer != 0)
    g_source_remove (question->timer);
  question->timer = 0;
  if (question->process_watch != 0)
    g_source_remove (question->process_watch);
  question->process_watch = 0;
  g_cancellable_disconnect (question->gone, question->gone_handler);
  question->gone_handler = 0;
}

static void
question_free (Question *question)
{
  g_clear_object (&question->subject);
  g_ptr_array_unref (question->checks);
  g_clear_error (&question->challenge);
  g_clear_object (&question->asking);
  g_clear_object (&question->gone);
  g_free (question);
}

void
linx_authorize_give_up (void)
{
  g_autoptr (GList) all = g_list_copy (waiting);

  g_list_foreach (all, give_up, NULL);
}

void
linx_authorize_clear (void)
{
  g_clear_object (&authority);
}

static const LinxCheck *
next_check (const Question *question)
{
  return question->next < question->checks->len
             ? g_ptr_array_index (question->checks, question->next)
             : NULL;
}

static LinxFairQueue *
queue_of (const Question *question)
{
  return question->interactive ? &prompts : &checks;
}

static void ask_next (GTask *task);

static GError *
refusal (const Question *question, gboolean dismissed)
{
  const char *action = linx_check_action (next_check (question));

  if (dismissed)
    return g_error_new (LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED_DISMISSED,
                        "the authentication for %s was dismissed", action);
  if (question->verdict == LINX_VERDICT_CHALLENGE && !question->interactive)
    return g_error_new (LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                        "%s needs authentication, and the call does not allow a prompt", action);
  return g_error_new (LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED, "not authorized for %s",
                      action);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Question *question = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (PolkitAuthorizationResult) answer
      = polkit_authority_check_authorization_finish (POLKIT_AUTHORITY (source), result, &error);

  linx_limits_leave_check (question->account, question->interactive);
  linx_fair_queue_end (queue_of (question), question->account);
  if (answer == NULL) {
    question->verdict = LINX_VERDICT_NO;
    g_task_return_new_error (task, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                             "the authorization check failed: %s", error->message);
    return;
  }
  if (polkit_authorization_result_get_is_authorized (answer)) {
    question->next++;
    ask_next (g_steal_pointer (&task));
    return;
  }
  if (polkit_authorization_result_get_is_challenge (answer) && !question->interactive) {
    question->verdict = LINX_VERDICT_CHALLENGE;
    if (question->challenge == NULL)
      question->challenge = refusal (question, FALSE);
    question->next = question->first_alone ? question->checks->len : question->next + 1;
    ask_next (g_steal_pointer (&task));
    return;
  }
  question->verdict = LINX_VERDICT_NO;
  g_task_return_error (task,
                       refusal (question, polkit_authorization_result_get_dismissed (answer)));
}

/* It is this question's turn. */
static void
ask (gpointer data)
{
  GTask *task = data;
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;

  /* A check that is called off costs polkit's connection a reply of its own. */
  if (g_cancellable_is_cancelled (question->asking))
    g_set_error_literal (&error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                         "the caller left the bus");
  else if (linx_limits_enter_check (question->account, question->interactive, &error)) {
    g_autoptr (PolkitDetails) details
        = linx_check_details (next_check (question), question->interactive);

    polkit_authority_check_authorization (
        authority, question->subject, linx_check_action (next_check (question)), details,
        question->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                              : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
        g_task_get_cancellable (task), on_answer, task);
    return;
  }
  question->verdict = LINX_VERDICT_NO;
  g_task_return_error (task, error);
  linx_fair_queue_end (queue_of (question), question->account);
  g_object_unref (task);
}

/* Takes the task over. */
static void
ask_next (GTask *task)
{
  Question *question = g_task_get_task_data (task);

  if (next_check (question) == NULL) {
    if (question->challenge != NULL)
      g_task_return_error (task, g_steal_pointer (&question->challenge));
    else
      g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  linx_fair_queue_take (queue_of (question), question->account, ask, task);
}

static void
on_authority (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Question *question = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  PolkitAuthority *found = polkit_authority_get_finish (result, &error);

  (void)source;
  if (found == NULL) {
    question->verdict = LINX_VERDICT_NO;
    g_task_return_new_error (task, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                             "the authorization check failed: %s", error->message);
    g_object_unref (task);
    return;
  }
  g_clear_object (&authority);
  authority = found;
  ask_next (task);
}

void
linx_authorize (const LinxQuestion *question, GAsyncReadyCallback callback, gpointer user_data)
{
  Question *copy = g_new0 (Question, 1);
  GTask *task;

  copy->start = g_get_monotonic_time ();
  copy->asking = g_cancellable_new ();
  task = g_task_new (NULL, copy->asking, callback, user_data);
  g_task_set_check_cancellable (task, FALSE);
  copy->account = question->account;
  copy->subject = polkit_system_bus_name_new (question->sender);
  copy->checks = g_ptr_array_copy ((GPtrArray *)question->checks, copy_check, NULL);
  g_ptr_array_set_free_func (copy->checks, (GDestroyNotify)linx_check_unref);
  copy->interactive = question->interactive;
  copy->first_alone = question->first_alone;
  g_task_set_task_data (task, copy, (GDestroyNotify)question_free);
  start_waiting (copy, question->process, question->gone);
  if (authority != NULL)
    ask_next (task);
  else
    polkit_authority_get_async (NULL, on_authority, task);
}

gboolean
linx_authorize_finish (GAsyncResult *result, LinxVerdict *verdict, GError **error)
{
  Question *question = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) refused = NULL;
  gboolean allowed = g_task_propagate_boolean (G_TASK (result), &refused);

  stop_waiting (question);
  *verdict = question->verdict;
  if (question->too_late)
    g_set_error (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_TIMEOUT,
                 "no answer within %u seconds: nothing was done",
                 (guint)((g_get_monotonic_time () - question->start) / G_TIME_SPAN_SECOND));
  else if (question->process_ended)
    linx_error_set (error, LINX_MOUNT_STAGE_OPEN_NS, ESRCH, "process",
                    "the process that names the namespace has ended");
  else if (allowed && g_cancellable_is_cancelled (question->gone))
    g_set_error_literal (error, LINX_MOUNT_ERROR, LINX_MOUNT_ERROR_NOT_AUTHORIZED,
                         "the caller left the bus");
  else if (!allowed)
    g_propagate_error (error, g_steal_pointer (&refused));
  else
    return TRUE;
  return FALSE;
}
