/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Input: how much of each user's passes to GDBus, which takes many times as long to read a message
 * as the relay. So of one user only so much waits for it that the others' calls have place, and of
 * what is large there is so much a second that its thread has time for all else; what is beyond is
 * refused. Then the bus is read as fast as it writes, and its queue is never full. For GDBus's
 * thread.
 */

/**
 * linx_input_admit:
 * @sender: (nullable): who sent a message
 * @bytes: how large it is
 * @is_call: whether it can be refused
 *
 * Counts a message that passes next. In what is large, all connections whose user is not known yet
 * are one user: whoever makes new ones all the time has no more than others.
 *
 * Returns: %FALSE where there is no place for it; then it does not pass
 */
gboolean linx_input_admit (const char *sender, gsize bytes, gboolean is_call);

/**
 * linx_input_set_waiting:
 * @waiting: how many bytes of what has passed GDBus has not read yet
 */
void linx_input_set_waiting (gsize waiting);
