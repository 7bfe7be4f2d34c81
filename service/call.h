/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * linx_call_start:
 * @invocation: (transfer full): a call of a method of org.linx.Mount1
 *
 * Sets the call on its line: decode, pin, authorize, perform, reply.
 */
void linx_call_start (GDBusMethodInvocation *invocation);

/**
 * linx_calls_under_way:
 *
 * Returns: how many calls have no reply yet
 */
guint linx_calls_under_way (void);

/**
 * linx_calls_on_idle:
 * @func: called each time the last call has been replied to
 */
void linx_calls_on_idle (void (*func) (void));
