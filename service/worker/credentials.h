/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Credentials: whose credentials a worker has. Only the effective ids of this one thread change,
 * and its groups (credentials(7)). With an effective uid other than 0 no capability is in effect
 * (capabilities(7)); the real and the saved uid stay 0, so that nobody may signal or trace the
 * thread, and it can become root again.
 */

/**
 * LinxCredentials:
 * @uid: user id
 * @gid: filesystem group id
 * @groups: (array length=n_groups): supplementary group ids; somebody else's memory
 *
 * Who looks things up.
 */
typedef struct {
  uid_t uid;
  gid_t gid;
  const gid_t *groups;
  gsize n_groups;
} LinxCredentials;

/**
 * linx_credentials_assume:
 * @credentials: whose; nothing changes for uid 0
 * @error: Thread.*
 *
 * From now on this thread looks things up, waits for them and creates them as they would.
 */
gboolean linx_credentials_assume (const LinxCredentials *credentials, GError **error);

/**
 * linx_credentials_assume_ids:
 * @uid: a user id
 * @gid: a group id
 * @error: Thread.*
 *
 * Makes this thread create files as their owner, with no other group.
 */
gboolean linx_credentials_assume_ids (uid_t uid, gid_t gid, GError **error);

/** linx_credentials_resume: makes this thread root again, with no group but root's. */
gboolean linx_credentials_resume (GError **error);

/**
 * LinxAsRoot:
 *
 * What a thread is root for in the midst of a look-up: entering a namespace, opening what /proc has
 * of a process. Nothing of the caller's may be looked up meanwhile.
 */
typedef struct {
  uid_t uid;
  gid_t gid;
} LinxAsRoot;

/** linx_credentials_suspend: root's effective ids again, until linx_credentials_continue(). */
gboolean linx_credentials_suspend (LinxAsRoot *suspended, GError **error);

/** linx_credentials_continue: back to what was suspended; the groups were never others. */
gboolean linx_credentials_continue (const LinxAsRoot *suspended, GError **error);
