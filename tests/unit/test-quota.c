/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota/quota.h"

#define ALICE 1000
#define BOB 1001
#define CAROL 1002
#define DAVE 1003

static void
fill (LinxQuota *quota, LinxAccount account, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_assert_cmpint (linx_quota_ask (quota, account, 1), ==, LINX_QUOTA_OPEN);
    linx_quota_add (quota, account, 1);
  }
}

/* 16: two are root's, two newcomers', and twelve for all. */
static void
test_parts (void)
{
  LinxQuota quota = { 0 };

  linx_quota_init (&quota, 16, 6);
  fill (&quota, ALICE, 6);
  g_assert_cmpint (linx_quota_ask (&quota, ALICE, 1), ==, LINX_QUOTA_SHARE_IS_FULL);
  fill (&quota, BOB, 6);
  linx_quota_remove (&quota, ALICE, 1);
  fill (&quota, CAROL, 1);
  g_assert_cmpint (linx_quota_ask (&quota, ALICE, 1), ==, LINX_QUOTA_IS_FULL);
  g_assert_cmpint (linx_quota_ask (&quota, CAROL, 1), ==, LINX_QUOTA_IS_FULL);
  fill (&quota, DAVE, 1);
  fill (&quota, DAVE + 1, 1);
  g_assert_cmpint (linx_quota_ask (&quota, DAVE + 2, 1), ==, LINX_QUOTA_IS_FULL);
  fill (&quota, LINX_ACCOUNT_ROOT, 2);
  g_assert_cmpint (linx_quota_ask (&quota, LINX_ACCOUNT_ROOT, 1), ==, LINX_QUOTA_IS_FULL);
}

static void
test_root (void)
{
  LinxQuota quota = { 0 };

  linx_quota_init (&quota, 16, 6);
  fill (&quota, LINX_ACCOUNT_ROOT, 6);
  g_assert_cmpint (linx_quota_ask (&quota, LINX_ACCOUNT_ROOT, 1), ==, LINX_QUOTA_SHARE_IS_FULL);
  quota.share_of_root = G_MAXSIZE;
  fill (&quota, LINX_ACCOUNT_ROOT, 10);
  g_assert_cmpint (linx_quota_ask (&quota, LINX_ACCOUNT_ROOT, 1), ==, LINX_QUOTA_IS_FULL);
}

static void
test_counts (void)
{
  LinxQuota quota = { 0 };

  linx_quota_init (&quota, 100, 0);
  linx_quota_add (&quota, ALICE, 30);
  linx_quota_add (&quota, (LinxAccount)1 << 32, 40);
  linx_quota_remove (&quota, ALICE, 10);
  g_assert_cmpuint (linx_quota_of (&quota, ALICE), ==, 20);
  g_assert_cmpuint (linx_quota_of (&quota, LINX_ACCOUNT_ROOT), ==, 0);
  g_assert_cmpuint (linx_quota_of (&quota, (LinxAccount)1 << 32), ==, 40);
  g_assert_cmpuint (quota.all, ==, 60);
  linx_quota_remove (&quota, ALICE, 20);
  g_assert_cmpuint (g_hash_table_size (quota.accounts), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quota/parts", test_parts);
  g_test_add_func ("/quota/root", test_root);
  g_test_add_func ("/quota/counts", test_counts);
  return g_test_run ();
}
