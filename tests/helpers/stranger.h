/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Strangers: a process that calls the service as some user, out of some mount namespace.
 */

#define STRANGER_NAME "org.linx.Mount1"
#define STRANGER_PATH "/org/linx/Mount1"

/** stranger_die: says why, and ends the process. */
void stranger_die (const char *what, const char *why) G_GNUC_NORETURN;

/**
 * stranger_enter:
 * @user: the name of a user
 * @pid: a process in the mount namespace to call from
 *
 * Enters that namespace, still as root. The bus stays in reach. Called before there is any other
 * thread.
 */
void stranger_enter (const char *user, const char *pid);

/** stranger_become: becomes the user. */
void stranger_become (void);

/** stranger_connect: (transfer full): a new connection to the system bus. */
GDBusConnection *stranger_connect (void);

/** stranger_call: (transfer full): a call of @method of the service with @arguments. */
GDBusMessage *stranger_call (const char *method, GVariant *arguments);
