/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/**
 * linx_attributes_of:
 * @request: what was asked for
 * @pins: who asks
 * @mount: (out): attributes of the mount itself
 * @tree: (out): attributes of the mount and of all below it, set before @mount
 *
 * What is set and cleared: what was asked for, and for a caller who is not privileged nosuid and
 * nodev on all that is new, unless the words `suid` and `dev` take them back.
 */
void linx_attributes_of (const LinxRequest *request, const LinxPins *pins, LinxAttributes *mount,
                         LinxAttributes *tree);

/**
 * linx_attributes_set:
 * @mount: the root of a mount
 * @recursive: also of all mounts below it; then all of them change, or none
 * @attributes: what to set and clear
 * @propagation: MS_PRIVATE or the like; 0: leave it
 *
 * Returns: 0, or the errno of mount_setattr(2)
 */
int linx_attributes_set (int mount, gboolean recursive, const LinxAttributes *attributes,
                         int propagation);

/**
 * linx_attributes_change:
 * @job: the job
 * @mount: the root of a mount that others may see
 * @recursive: as above
 * @attributes: what to set and clear
 * @path: where it is, for the error
 * @error: SetAttributes.*
 *
 * linx_attributes_set() as a step that is announced.
 */
gboolean linx_attributes_change (LinxJob *job, int mount, gboolean recursive,
                                 const LinxAttributes *attributes, const char *path,
                                 GError **error);

/**
 * linx_attributes_prepare:
 * @request: what was asked for
 * @pins: who asks; the id mapping
 * @mount: a detached mount
 * @propagation: MS_PRIVATE, or MS_SLAVE, for it and all below it: out of their peer groups; 0:
 * leave them there
 * @error: SetAttributes.*
 *
 * Gives a mount that nobody sees yet all that it must have when it is seen.
 */
gboolean linx_attributes_prepare (const LinxRequest *request, const LinxPins *pins, int mount,
                                  int propagation, GError **error);

/**
 * linx_attributes_need_unrestricted:
 * @request: what was asked for
 * @pins: who asks, and where
 *
 * Returns: whether the request also needs the action mount-unrestricted: it takes nosuid or nodev
 *   back or, from a clone, any restriction; maps ids; has a clone receive later mounts; is about
 * detached mounts, images or helpers; passes the filesystem an option that is not known to be
 * harmless; is of a type that lives on no device, and is none of those that are made from nothing,
 * or shows the initial control groups; forces an unmount outside of the host; goes to a namespace
 * whose root can undo the attributes; or comes from one whose root could furnish it
 */
gboolean linx_attributes_need_unrestricted (const LinxRequest *request, const LinxPins *pins);
