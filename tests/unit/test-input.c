/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/framing.h"
#include "bus/input.h"

/* Connections that the service has not heard of before: each is an account of its own. */
static gboolean
admit_of_new (guint number, gsize bytes)
{
  g_autofree char *name = g_strdup_printf (":1.%u", number);

  return linx_input_admit (name, bytes, TRUE);
}

/* Half of the room is theirs, whatever they send; beyond it, a small message for each, once. */
static void
test_new_connections (void)
{
  guint number = 0;

  while (admit_of_new (number, 4000))
    g_assert_cmpuint (number++, <, 1000);
  g_assert_cmpuint (number, >, 1);
  do
    g_assert_true (admit_of_new (++number, 200));
  while (admit_of_new (number, 200));
  for (guint i = 1; i <= 3; i++)
    g_assert_true (admit_of_new (number + i, 200));
  g_assert_false (admit_of_new (number + 3, 2000));
  linx_input_set_waiting (0);
  g_assert_true (admit_of_new (number + 3, 2000));
  linx_input_set_waiting (0);
}

/* What is no call is the bus's, and keeps no call from passing. */
static void
test_answers (void)
{
  for (guint i = 0; i < 100; i++)
    g_assert_true (linx_input_admit (":1.1", LINX_FRAMING_BODY, FALSE));
  g_assert_true (admit_of_new (1, 2000));
  linx_input_set_waiting (2000);
  g_assert_true (admit_of_new (2, 2000));
  linx_input_set_waiting (0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/input/new-connections", test_new_connections);
  g_test_add_func ("/input/answers", test_answers);
  return g_test_run ();
}
