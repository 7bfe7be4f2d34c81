/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/audit-quota.h"
#include "policy/audit-value.h"

#include <string.h>

#define MIB (1024 * 1024)

static void
test_short_values (void)
{
  g_autofree char *plain = linx_audit_value ("/srv/a b");
  g_autofree char *forged = linx_audit_value ("a\" outcome=\"done\n");

  g_assert_cmpstr (plain, ==, "/srv/a b");
  g_assert_cmpstr (forged, ==, "a\\x22 outcome=\\x22done\\x0a");
}

/* Two that differ somewhere read differently, and none that is whole reads like one that is cut. */
static void
test_long_values (void)
{
  g_autofree char *a = g_strnfill (60000, 'a');
  g_autofree char *umlauts = NULL, *cut_umlauts = NULL, *shown = NULL, *again = NULL;
  GString *text = g_string_new ("a");

  shown = linx_audit_value (a);
  g_assert_cmpuint (strlen (shown), <, LINX_AUDIT_MAX_BYTES + 110);
  g_assert_nonnull (strstr (shown, "aaa\" (60000 bytes, SHA-256 "));
  a[50000] = 'b';
  again = linx_audit_value (a);
  g_assert_cmpstr (shown, !=, again);
  for (guint i = 0; i < 2000; i++)
    g_string_append (text, "\xc3\xa4");
  umlauts = g_string_free (text, FALSE);
  cut_umlauts = linx_audit_value (umlauts);
  g_assert_true (g_utf8_validate (cut_umlauts, -1, NULL));
}

static guint
fill (LinxAuditQuota *quota, guint user, gboolean failed, gsize bytes, guint calls)
{
  guint shown = 0;

  for (guint i = 0; i < calls; i++)
    if (linx_audit_quota_admits (quota, user, failed)) {
      linx_audit_quota_charge (quota, user, failed, bytes);
      shown++;
    }
  return shown;
}

static void
test_each_has_its_own (void)
{
  g_autoptr (LinxAuditQuota) quota = linx_audit_quota_new ();
  g_autofree char *text = NULL;

  g_free (linx_audit_quota_restart (quota, 0));
  g_assert_cmpuint (fill (quota, 1000, TRUE, 1024, 5000), ==, 1024);
  g_assert_cmpuint (fill (quota, 1000, FALSE, 1024, 20000), ==, 10000);
  g_assert_cmpuint (fill (quota, 1001, TRUE, 1024, 100), ==, 100);
  g_assert_cmpuint (fill (quota, 0, FALSE, 1024, 10000), ==, 10000);
  g_assert_true (linx_audit_quota_is_over (quota));
  text = linx_audit_quota_restart (quota, LINX_AUDIT_WINDOW);
  g_assert_nonnull (strstr (text, ": uid=1000 done=10000 failed=3976"));
  g_assert_null (strstr (text, "uid=1001"));
  g_assert_cmpuint (fill (quota, 1000, TRUE, 1024, 10), ==, 10);
  g_assert_null (linx_audit_quota_restart (quota, 2 * LINX_AUDIT_WINDOW));
}

/* All together are bounded, and yet those who were quiet have something left. */
static void
test_of_all (void)
{
  g_autoptr (LinxAuditQuota) quota = linx_audit_quota_new ();
  gsize bytes = 0;

  for (guint user = 1; user < 5000; user++)
    bytes += 1024 * (gsize)fill (quota, user, TRUE, 1024, 2000);
  g_assert_cmpuint (bytes, >, 16 * MIB);
  g_assert_cmpuint (bytes, <=, 33 * MIB);
  g_assert_cmpuint (fill (quota, 0, TRUE, 1024, 20), ==, 16);
  {
    g_autofree char *text = linx_audit_quota_restart (quota, LINX_AUDIT_WINDOW);

    g_assert_cmpuint (strlen (text), <, 4096);
    g_assert_nonnull (strstr (text, "uid=others"));
  }
}

static void
test_window (void)
{
  g_autoptr (LinxAuditQuota) quota = linx_audit_quota_new ();

  g_assert_cmpint (linx_audit_quota_left (quota, 0), ==, 0);
  g_assert_null (linx_audit_quota_restart (quota, 5));
  g_assert_cmpint (linx_audit_quota_left (quota, 5), ==, LINX_AUDIT_WINDOW);
  g_assert_cmpint (linx_audit_quota_left (quota, LINX_AUDIT_WINDOW), ==, 5);
  g_assert_cmpint (linx_audit_quota_left (quota, 2 * LINX_AUDIT_WINDOW), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audit/short-values", test_short_values);
  g_test_add_func ("/audit/long-values", test_long_values);
  g_test_add_func ("/audit/each-has-its-own", test_each_has_its_own);
  g_test_add_func ("/audit/of-all", test_of_all);
  g_test_add_func ("/audit/window", test_window);
  return g_test_run ();
}
