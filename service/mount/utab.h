/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/*
 * utab: what libmount keeps of a mount beside the kernel, in the host: /run/mount/utab. mount(8),
 * findmnt(8) and udisks read it.
 *
 * libmount waits for its lock for ever, and everybody who may read the file can hold that. So it is
 * changed on a thread of its own, in the order of the calls, and none of them waits for it.
 */

/** linx_utab_init: starts the thread. Called once, from main(). */
void linx_utab_init (void);

/**
 * linx_utab_record:
 * @request: maybe has words for other programs among its options
 * @pins: the mount that was made, and where
 * @source: what the table says it was made from: of an image the loop device
 *
 * Has them recorded, where it is the host's table that was changed.
 */
void linx_utab_record (const LinxRequest *request, const LinxPins *pins, const char *source);

/**
 * linx_utab_change:
 * @request: maybe has words for other programs among its options
 * @pins: the mount that was remounted
 *
 * Has them recorded beside those that are there, as mount(8) with "remount" does.
 */
void linx_utab_change (const LinxRequest *request, const LinxPins *pins);

/**
 * linx_utab_forget:
 * @pins: whose namespace it was in
 * @target: where a mount was, canonically
 *
 * Has the record of a mount that is gone taken away, if there is one.
 */
void linx_utab_forget (const LinxPins *pins, const char *target);

/**
 * linx_utab_move:
 * @pins: a mount that was moved
 *
 * Has its record say where it is now.
 */
void linx_utab_move (const LinxPins *pins);

/**
 * linx_utab_options:
 *
 * Returns: (transfer full) (element-type guint utf8): what is recorded of the host's mounts, by
 *   mountinfo's id
 */
GHashTable *linx_utab_options (void);
