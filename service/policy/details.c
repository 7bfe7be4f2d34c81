/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/details.h"
#include "kernel/process.h"
#include "linx-text.h"

#define MAX_DETAILS 96

/* In one text, for every call has all of them, and most say nothing. */
struct _LinxDetails {
  gatomicrefcount ref;
  guint n;
  const char *keys[MAX_DETAILS];
  gsize values[MAX_DETAILS]; /* where they begin in @text */
  GString *text;
};

LinxDetails *
linx_details_ref (LinxDetails *details)
{
  g_atomic_ref_count_inc (&details->ref);
  return details;
}

void
linx_details_unref (LinxDetails *details)
{
  if (!g_atomic_ref_count_dec (&details->ref))
    return;
  g_string_free (details->text, TRUE);
  g_free (details);
}

LinxDetails *
linx_details_new (void)
{
  LinxDetails *details = g_new0 (LinxDetails, 1);

  g_atomic_ref_count_init (&details->ref);
  details->text = g_string_sized_new (512);
  return details;
}

GString *
linx_details_begin (LinxDetails *details, const char *key)
{
  g_assert (details->n < MAX_DETAILS);
  details->keys[details->n] = key;
  details->values[details->n++] = details->text->len;
  return details->text;
}

void
linx_details_end (LinxDetails *details)
{
  g_string_append_c (details->text, '\0');
}

void
linx_details_put (LinxDetails *details, const char *key, const char *value)
{
  linx_details_begin (details, key);
  if (value != NULL)
    linx_text_append_escaped (details->text, value);
  linx_details_end (details);
}

void
linx_details_put_boolean (LinxDetails *details, const char *key, gboolean value)
{
  linx_details_put (details, key, value ? "true" : NULL);
}

void
linx_details_put_number (LinxDetails *details, const char *key, gboolean given, guint64 value)
{
  linx_details_begin (details, key);
  if (given)
    g_string_append_printf (details->text, "%" G_GUINT64_FORMAT, value);
  linx_details_end (details);
}

void
linx_details_put_list (LinxDetails *details, const char *key, GStrv list)
{
  linx_details_begin (details, key);
  for (guint i = 0; list != NULL && list[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (list[i], ",", -1);

    g_string_append (details->text, i > 0 ? "," : "");
    for (guint j = 0; parts[j] != NULL; j++) {
      g_string_append (details->text, j > 0 ? "\\x2c" : "");
      linx_text_append_escaped (details->text, parts[j]);
    }
  }
  linx_details_end (details);
}

void
linx_details_put_printed (LinxDetails *details, const char *key, const char *value)
{
  linx_details_begin (details, key);
  g_string_append (details->text, value);
  linx_details_end (details);
}

/* Of the host: nothing of the process in whose namespace it is done, or of the mount there. */
static const char *
value_at_host (const char *key, const char *place, const char *host_id, const char *value)
{
  static const char *const not_there[] = { "pid",
                                           "unit",
                                           "cgroup",
                                           "machine",
                                           "target-given",
                                           "target-kind",
                                           "target-mount-id",
                                           "target-is-mount",
                                           "target-propagation",
                                           NULL };

  if (g_strv_contains (not_there, key))
    return "";
  if (g_str_equal (key, "target"))
    return place;
  if (g_str_equal (key, "in") || g_str_equal (key, "namespace"))
    return "host";
  if (g_str_equal (key, "namespace-id"))
    return host_id;
  if (g_str_equal (key, "namespace-owner"))
    return "0";
  return g_str_equal (key, "namespace-userns") ? "initial" : value;
}

static const char *
value_of (const LinxDetails *details, guint i)
{
  return details->text->str + details->values[i];
}

const char *
linx_details_get (const LinxDetails *details, const char *key)
{
  for (guint i = 0; i < details->n; i++)
    if (g_str_equal (details->keys[i], key))
      return value_of (details, i);
  g_assert_not_reached ();
}

void
linx_details_foreach (const LinxDetails *details, const char *place, LinxDetailFunc func,
                      gpointer user_data)
{
  g_autofree char *shown = place != NULL ? linx_text_escape (place) : NULL;
  g_autofree char *host_id = g_strdup_printf ("%" G_GUINT64_FORMAT, linx_process_host_mnt_ns ());

  for (guint i = 0; i < details->n; i++) {
    const char *key = details->keys[i], *value = value_of (details, i);

    func (key, place != NULL ? value_at_host (key, shown, host_id, value) : value, user_data);
  }
}
