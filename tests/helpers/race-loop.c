/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * race-loop VERB TREE COUNT [OPTION]: COUNT times, asks the service for VERB on TREE/src/dir/leaf
 * and TREE/dst/dir/leaf in this process's namespace, with the boolean OPTION, looks what has
 * changed where, and puts it back. After every tenth time, does that the classic way: checks the
 * paths, then makes the system call that takes them; in the end, until that went wrong once, at
 * most MAX_CLASSIC times more.
 *
 * Says "ready" when it holds the directories of the tree, and waits for the end of its input: until
 * then each must have its own name. In the end a line "WAY OUTCOME COUNT" for each outcome there
 * was: "right", "wrong: ...", or the name of an error.
 *
 * Right is a change of spots that the names lead to without a symbolic link, as src/dir or
 * src/other, dst/dir or dst/other was exchanged at that moment. All else is wrong: above all any
 * change below TREE/forbidden, to which symbolic links alone lead; none after success; and one
 * after an error.
 */

#include "race-verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CLASSIC 100000

static GHashTable *outcomes; /* "WAY OUTCOME" -> count */

static void
count (const char *way, const char *outcome)
{
  char *key = g_strdup_printf ("%s %s", way, outcome);
  guint before = GPOINTER_TO_UINT (g_hash_table_lookup (outcomes, key));

  g_hash_table_replace (outcomes, key, GUINT_TO_POINTER (before + 1));
}

static gboolean
is_same (const State *a, const State *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

/* An exchange gives a spot another inode: that alone is nobody's change but the racer's. A name
 * that came or went is one. */
static gboolean
is_changed (const State *before, const State *after)
{
  State moved = *before;

  if (before->inode != 0 && after->inode != 0)
    moved.inode = after->inode;
  return !is_same (&moved, after);
}

/* Whether @state shows what must be nobody's source. */
static gboolean
shows_forbidden (const State *before, const State *state)
{
  const State *forbidden = &before[FORBIDDEN_SOURCE];

  return state->device == forbidden->device && state->inode == forbidden->inode;
}

/* What `create` made: it stays if a later step fails. */
static gboolean
is_placeholder (const State *before, const State *after)
{
  return before->inode == 0 && after->inode != 0 && !race_is_mounted (after);
}

/* What has become of @before: "right" where @failed is %NULL and only what is allowed has changed.
 */
static char *
judge (const State *before, const State *after, const char *failed)
{
  g_autoptr (GString) wrong = g_string_new ("wrong:");
  guint n_allowed = 0, n_forbidden = 0;

  for (guint i = 0; i < N_SPOTS; i++)
    if (is_changed (&before[i], &after[i])) {
      gboolean allowed = spots[i].allowed && !shows_forbidden (before, &after[i]);

      if (allowed && failed != NULL && is_placeholder (&before[i], &after[i]))
        continue;
      n_allowed += allowed ? 1 : 0;
      n_forbidden += allowed ? 0 : 1;
      g_string_append_printf (wrong, " %s", spots[i].directory);
    }
  if (n_forbidden == 0 && failed == NULL && n_allowed > 0)
    return g_strdup ("right");
  if (n_forbidden == 0 && failed != NULL && n_allowed == 0)
    return g_strdup (failed);
  if (n_allowed + n_forbidden == 0)
    g_string_append (wrong, " nowhere");
  return g_string_free (g_steal_pointer (&wrong), FALSE);
}

/* As it was: mounts that came go, those that went come, names that came go. */
static void
put_back (const State *before, const State *after)
{
  for (guint i = 0; i < N_SPOTS; i++) {
    gboolean came = before[i].inode == 0 && after[i].inode != 0;

    if (!is_changed (&before[i], &after[i]))
      continue;
    if (after[i].mount != before[i].mount && race_is_mounted (&after[i]))
      spots_unmount (after[i].mount);
    if (came)
      spots_remove (&spots[i]);
    else if (race_is_mounted (&before[i]) && after[i].mount != before[i].mount)
      spots_mount (&spots[i]);
    else if (race_is_mounted (&before[i]))
      spots_reset (&spots[i]);
  }
}

/* Whether it went right, or was refused. */
static gboolean
take_turn (const RaceVerb *verb, const char *way, RaceFunc func)
{
  State before[N_SPOTS], after[N_SPOTS];
  g_autofree char *failed = NULL;
  g_autofree char *outcome = NULL;

  spots_look (before);
  failed = func (verb);
  spots_look (after);
  outcome = verb->own_judge ? g_strdup (failed != NULL ? failed : "right")
                            : judge (before, after, failed);
  count (way, outcome);
  put_back (before, after);
  return !g_str_has_prefix (outcome, "wrong:");
}

int
main (int argc, char **argv)
{
  GHashTableIter iter;
  gpointer key, value;
  const RaceVerb *verb;
  gboolean beaten = FALSE;

  if (argc != 4 && argc != 5)
    die ("usage", "race-loop VERB TREE COUNT [OPTION]");
  outcomes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  verb = race_verb_start (argv[1], argv[2], argv[4]);
  puts ("ready");
  fflush (stdout);
  while (getchar () != EOF)
    ;
  for (int i = 0; i < atoi (argv[3]); i++) {
    take_turn (verb, "service", verb->by_service);
    if (i % 10 == 9)
      beaten = !take_turn (verb, "classic", verb->by_path) || beaten;
  }
  for (int i = 0; i < MAX_CLASSIC && !beaten; i++)
    beaten = !take_turn (verb, "classic", verb->by_path);
  g_hash_table_iter_init (&iter, outcomes);
  while (g_hash_table_iter_next (&iter, &key, &value))
    printf ("%s %u\n", (const char *)key, GPOINTER_TO_UINT (value));
  return 0;
}
