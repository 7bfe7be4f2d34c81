/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/check.h"
#include "linx-text.h"

#define GETTEXT_DOMAIN "linx-mount"

struct _LinxCheck {
  gatomicrefcount ref;
  char *action;
  LinxDetails *details;
  char *place;
  const char *message;
};

LinxCheck *
linx_check_ref (LinxCheck *check)
{
  g_atomic_ref_count_inc (&check->ref);
  return check;
}

void
linx_check_unref (LinxCheck *check)
{
  if (!g_atomic_ref_count_dec (&check->ref))
    return;
  g_free (check->action);
  g_free (check->place);
  linx_details_unref (check->details);
  g_free (check);
}

static void
add_detail (const char *key, const char *value, gpointer user_data)
{
  polkit_details_insert (user_data, key, value);
}

/* What people, and details, are told by. */
typedef struct {
  PolkitDetails *to;
  const LinxDetails *from;
} Shown;

/* A detached mount has no path. */
static gboolean
is_fd (const Shown *shown, const char *key)
{
  return (g_str_equal (key, "source")
          && g_str_equal (linx_details_get (shown->from, "source-kind"), "fd"))
         || (g_str_equal (key, "target")
             && g_str_equal (linx_details_get (shown->from, "target-kind"), "fd"));
}

/* What messages name, as people read it: for a rule there is the detail itself, whole. */
static void
add_shown (const char *key, const char *value, gpointer user_data)
{
  const Shown *what = user_data;
  static const char *const shown[] = {
    "source",  "target",      "new-root",  "put-old", "fstype",
    "options", "propagation", "namespace", "in",      NULL,
  };
  g_autofree char *shown_key = NULL, *text = NULL, *isolated = NULL;

  if (!g_strv_contains (shown, key))
    return;
  shown_key = g_strconcat ("prompt-", key, NULL);
  text = linx_text_shorten (is_fd (what, key) ? "a detached mount" : value);
  isolated = linx_text_isolate (text);
  polkit_details_insert (what->to, shown_key, isolated);
}

LinxCheck *
linx_check_new (const char *action, LinxDetails *details, const char *place, const char *message)
{
  LinxCheck *check = g_new0 (LinxCheck, 1);

  g_atomic_ref_count_init (&check->ref);
  check->action = g_strdup (action);
  check->details = linx_details_ref (details);
  check->place = g_strdup (place);
  check->message = message;
  return check;
}

const char *
linx_check_action (const LinxCheck *check)
{
  return check->action;
}

PolkitDetails *
linx_check_details (const LinxCheck *check, gboolean interactive)
{
  PolkitDetails *details = polkit_details_new ();
  Shown shown = { details, check->details };

  linx_details_foreach (check->details, check->place, add_detail, details);
  if (interactive)
    linx_details_foreach (check->details, check->place, add_shown, &shown);
  if (check->message != NULL) {
    polkit_details_insert (details, "polkit.message", check->message);
    polkit_details_insert (details, "polkit.gettext_domain", GETTEXT_DOMAIN);
  }
  return details;
}
