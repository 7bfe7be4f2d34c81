/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"
#include "linx-error.h"

#include <string.h>
#include <unistd.h>

/* The line's text: what was given, as key="value". Values hold no control bytes; a quote is all
 * that is left to mark. */
static void
append_detail (const char *key, const char *value, gpointer user_data)
{
  GString *line = user_data;

  if (value[0] == '\0')
    return;
  g_string_append_printf (line, " %s=\"", key);
  for (const char *p = value; *p != '\0'; p++)
    if (*p == '"' || (guchar)*p < 0x20 || *p == 0x7f)
      g_string_append_printf (line, "\\x%02x", (guchar)*p);
    else
      g_string_append_c (line, *p);
  g_string_append_c (line, '"');
}

/* A detail as a field of the journal: LINX_SOURCE_KIND for "source-kind". */
static void
add_field (const char *key, const char *value, gpointer user_data)
{
  GArray *fields = user_data;
  GLogField field = { NULL, value, -1 };
  char *name;

  if (value[0] == '\0')
    return;
  name = g_strconcat ("LINX_", key, NULL);
  for (char *c = name; *c != '\0'; c++)
    *c = *c == '-' ? '_' : g_ascii_toupper (*c);
  field.key = name;
  field.value = g_strdup (value);
  g_array_append_val (fields, field);
}

static void
clear_field (gpointer data)
{
  GLogField *field = data;

  g_free ((char *)field->key);
  g_free ((char *)field->value);
}

static void
add_plain (GArray *fields, const char *key, const char *value)
{
  GLogField field = { g_strdup (key), g_strdup (value), -1 };

  g_array_append_val (fields, field);
}

static void
add_caller (GArray *fields, const LinxCaller *caller)
{
  g_autofree char *uid = g_strdup_printf ("%u", caller->uid);
  g_autofree char *pid = g_strdup_printf ("%d", (int)caller->pid);

  add_field ("caller-uid", uid, fields);
  add_field ("caller-pid", pid, fields);
}

/* One call that is over. */
typedef struct {
  LinxCaller *caller;
  LinxDetails *details;
  GError *error;
} Record;

/* Lines that a journal which is slow is behind; no call goes without one. */
#define MOST_WAITING 4096

static GAsyncQueue *records;
static GThread *writer;

static void
record_free (Record *record)
{
  g_clear_pointer (&record->caller, linx_caller_unref);
  g_clear_pointer (&record->details, linx_details_free);
  g_clear_error (&record->error);
  g_free (record);
}

static void
write_fields (const LinxCaller *caller, const LinxDetails *details, const char *outcome,
              const char *line)
{
  g_autoptr (GArray) fields = g_array_new (FALSE, FALSE, sizeof (GLogField));

  g_array_set_clear_func (fields, clear_field);
  add_plain (fields, "MESSAGE", line);
  add_plain (fields, "PRIORITY", "5");
  add_plain (fields, "SYSLOG_IDENTIFIER", "linx-mountd");
  add_plain (fields, "GLIB_DOMAIN", G_LOG_DOMAIN);
  if (caller != NULL)
    add_caller (fields, caller);
  if (details != NULL)
    linx_details_foreach (details, add_field, fields);
  add_field ("outcome", outcome, fields);
  /* Standard error is a stream of the journal's, which takes it while its socket is away. */
  if (g_log_writer_journald (G_LOG_LEVEL_MESSAGE, (const GLogField *)(void *)fields->data,
                             fields->len, NULL)
      != G_LOG_WRITER_HANDLED)
    g_printerr ("linx-mountd: %s\n", line);
}

/* To the journal, where that is what standard error leads to. */
static void
write_line (const LinxCaller *caller, const LinxDetails *details, const GError *error)
{
  g_autoptr (GString) line = g_string_new ("audit:");
  g_autofree char *outcome = error != NULL ? linx_error_dbus_name (error) : g_strdup ("done");

  if (caller != NULL)
    g_string_append_printf (line, " uid=%u caller-pid=%d", caller->uid, (int)caller->pid);
  linx_details_foreach (details, append_detail, line);
  append_detail ("outcome", outcome, line);
  append_detail ("error", error != NULL ? error->message : "", line);
  if (g_log_writer_is_journald (STDERR_FILENO))
    write_fields (caller, details, outcome, line->str);
  else
    g_printerr ("linx-mountd: %s\n", line->str);
}

/* What was done may fill the journal so far, and no further: journald(8)'s own measure, which the
 * unit turns off because it would leave out anything. What was refused, or failed, is always there.
 */
#define WINDOW (30 * G_TIME_SPAN_SECOND)
#define MOST_DONE 10000

typedef struct {
  gint64 start; /* of the window */
  guint done;
  guint left_out;
} Rate;

static void
say_left_out (Rate *rate)
{
  g_autofree char *line
      = g_strdup_printf ("audit: %u calls that were done are not shown, beyond %d in %d s",
                         rate->left_out, MOST_DONE, (int)(WINDOW / G_TIME_SPAN_SECOND));

  if (rate->left_out == 0)
    return;
  if (g_log_writer_is_journald (STDERR_FILENO))
    write_fields (NULL, NULL, "left out", line);
  else
    g_printerr ("linx-mountd: %s\n", line);
  rate->left_out = 0;
}

static gboolean
is_shown (Rate *rate, const Record *record)
{
  gint64 now = g_get_monotonic_time ();

  if (now - rate->start > WINDOW) {
    say_left_out (rate);
    rate->start = now;
    rate->done = 0;
  }
  if (record->error != NULL || rate->done < MOST_DONE) {
    rate->done += record->error == NULL ? 1 : 0;
    return TRUE;
  }
  rate->left_out++;
  return FALSE;
}

/* A record without details is the last one. */
static gpointer
write_records (gpointer unused)
{
  Rate rate = { 0, 0, 0 };
  gboolean go_on = TRUE;

  (void)unused;
  while (go_on) {
    Record *record = g_async_queue_pop (records);

    go_on = record->details != NULL;
    if (go_on && is_shown (&rate, record))
      write_line (record->caller, record->details, record->error);
    record_free (record);
  }
  say_left_out (&rate);
  return NULL;
}

void
linx_audit (LinxCaller *caller, LinxDetails *details, const GError *error)
{
  Record *record = g_new0 (Record, 1);

  record->caller = caller != NULL ? linx_caller_ref (caller) : NULL;
  record->details = details;
  record->error = error != NULL ? g_error_copy (error) : NULL;
  g_async_queue_push (records, record);
}

gboolean
linx_audit_is_behind (void)
{
  return g_async_queue_length (records) > MOST_WAITING;
}

void
linx_audit_init (void)
{
  records = g_async_queue_new ();
  writer = g_thread_new ("linx-audit", write_records, NULL);
}

void
linx_audit_finish (void)
{
  g_async_queue_push (records, g_new0 (Record, 1));
  g_thread_join (writer);
  g_async_queue_unref (records);
}
