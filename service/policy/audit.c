/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/audit.h"
#include "linx-error.h"
#include "policy/audit-quota.h"
#include "policy/audit-value.h"

#include <string.h>
#include <unistd.h>

/* The line's text: what was given, as key="value". */
static void
append_detail (const char *key, const char *value, gpointer user_data)
{
  g_autofree char *shown = NULL;

  if (value[0] == '\0')
    return;
  shown = linx_audit_value (value);
  g_string_append_printf (user_data, " %s=\"%s%s", key, shown,
                          strchr (shown, '"') != NULL ? "" : "\"");
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
  field.value = linx_audit_value (value);
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
#define MAX_WAITING 4096

static GAsyncQueue *records;
static GThread *writer;

static void
record_free (Record *record)
{
  g_clear_pointer (&record->caller, linx_caller_unref);
  g_clear_pointer (&record->details, linx_details_unref);
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
    linx_details_foreach (details, NULL, add_field, fields);
  add_field ("outcome", outcome, fields);
  /* Standard error is a stream of the journal's, which takes it while its socket is away. */
  if (g_log_writer_journald (G_LOG_LEVEL_MESSAGE, (const GLogField *)(void *)fields->data,
                             fields->len, NULL)
      != G_LOG_WRITER_HANDLED)
    g_printerr ("linx-mountd: %s\n", line);
}

/* To the journal, where that is what standard error leads to. */
static void
write_out (const LinxCaller *caller, const LinxDetails *details, const char *outcome,
           const char *line)
{
  if (g_log_writer_is_journald (STDERR_FILENO))
    write_fields (caller, details, outcome, line);
  else
    g_printerr ("linx-mountd: %s\n", line);
}

/* Returns how long the line was. */
static gsize
write_line (const LinxCaller *caller, const LinxDetails *details, const GError *error)
{
  g_autoptr (GString) line = g_string_new ("audit:");
  g_autofree char *outcome = error != NULL ? linx_error_dbus_name (error) : g_strdup ("done");

  if (caller != NULL)
    g_string_append_printf (line, " uid=%u caller-pid=%d", caller->uid, (int)caller->pid);
  linx_details_foreach (details, NULL, append_detail, line);
  append_detail ("outcome", outcome, line);
  append_detail ("error", error != NULL ? error->message : "", line);
  write_out (caller, details, outcome, line->str);
  return line->len;
}

/* Whose allowance a call is taken from. */
static LinxAccount
account_of (const LinxCaller *caller)
{
  return caller != NULL ? caller->account : LINX_ACCOUNT_NOBODY;
}

/* What one user makes may fill the journal so far, and no further: journald(8)'s own measure, which
 * the unit turns off, would leave out anybody's. */
static void
write_record (LinxAuditQuota *quota, const Record *record)
{
  LinxAccount account = account_of (record->caller);
  gboolean failed = record->error != NULL;
  gsize bytes;

  if (!linx_audit_quota_admits (quota, account, failed))
    return;
  bytes = write_line (record->caller, record->details, record->error);
  linx_audit_quota_charge (quota, account, failed, bytes);
}

static void
end_window (LinxAuditQuota *quota)
{
  g_autofree char *line = linx_audit_quota_restart (quota, g_get_monotonic_time ());

  if (line != NULL)
    write_out (NULL, NULL, "left out", line);
}

/* The next record; %NULL: the window is over, and something was left out of it. */
static Record *
next_record (LinxAuditQuota *quota)
{
  gint64 left = linx_audit_quota_left (quota, g_get_monotonic_time ());

  if (!linx_audit_quota_is_over (quota))
    return g_async_queue_pop (records);
  return left > 0 ? g_async_queue_timeout_pop (records, (guint64)left) : NULL;
}

/* A record without details is the last one. */
static gpointer
write_records (gpointer unused)
{
  g_autoptr (LinxAuditQuota) quota = linx_audit_quota_new ();
  gboolean go_on = TRUE;

  (void)unused;
  while (go_on) {
    Record *record = next_record (quota);

    if (linx_audit_quota_left (quota, g_get_monotonic_time ()) == 0)
      end_window (quota);
    if (record == NULL)
      continue;
    go_on = record->details != NULL;
    if (go_on)
      write_record (quota, record);
    record_free (record);
  }
  end_window (quota);
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
  return g_async_queue_length (records) > MAX_WAITING;
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
