/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "quota/account.h"

/*
 * How much of the journal each user may fill in 30 seconds: 10,000 lines of calls that were done,
 * and 1 MiB of lines of calls that failed or were refused. All users together may fill 16 MiB with
 * the latter, and then each has 16 KiB left of its own. What is beyond is counted. For use on one
 * thread.
 */

#define LINX_AUDIT_WINDOW (30 * G_TIME_SPAN_SECOND)

typedef struct _LinxAuditQuota LinxAuditQuota;

LinxAuditQuota *linx_audit_quota_new (void);
void linx_audit_quota_free (LinxAuditQuota *quota);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxAuditQuota, linx_audit_quota_free)

/**
 * linx_audit_quota_admits:
 * @user: whose line it is
 * @failed: whether it is of a call that failed
 *
 * Returns: whether the line may be written; else it is counted
 */
gboolean linx_audit_quota_admits (LinxAuditQuota *quota, LinxAccount user, gboolean failed);

/** linx_audit_quota_charge: a line of so many bytes was written. */
void linx_audit_quota_charge (LinxAuditQuota *quota, LinxAccount user, gboolean failed,
                              gsize bytes);

/** linx_audit_quota_left: how long the window goes on yet (microseconds); 0: it is over. */
gint64 linx_audit_quota_left (const LinxAuditQuota *quota, gint64 now);

/** linx_audit_quota_is_over: whether something was left out. */
gboolean linx_audit_quota_is_over (const LinxAuditQuota *quota);

/**
 * linx_audit_quota_restart:
 * @now: when the next window begins
 *
 * Returns: (transfer full) (nullable): a text of what was left out of the last window, and whose it
 *   was; %NULL: nothing
 */
char *linx_audit_quota_restart (LinxAuditQuota *quota, gint64 now);
