/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "source/device.h"

/*
 * Filesystem contexts (fsopen(2), fspick(2)): what a filesystem is made from, or changed by.
 */

/**
 * LinxContext:
 * @fd: the context; -1 with errno set: it could not be opened
 * @request: the options
 * @pins: what it is about
 * @device: (nullable): what it is made from; %NULL: nothing, or it is not to change
 */
typedef struct {
  int fd;
  const LinxRequest *request;
  const LinxPins *pins;
  const LinxDevice *device;
} LinxContext;

/**
 * linx_context_fail:
 * @context: a context
 * @err: why
 * @fallback: (nullable): what to say where the kernel left no words in the context
 *
 * Sets @error to Mount.*. Returns: %FALSE
 */
gboolean linx_context_fail (const LinxContext *context, int err, const char *fallback,
                            GError **error);

/** linx_context_set_option: @value: (nullable): %NULL for a flag. @error: Mount.* */
gboolean linx_context_set_option (const LinxContext *context, const char *name, const char *value,
                                  GError **error);

/**
 * linx_context_set_options:
 * @context: a context
 * @attributes: of the mount: `ro` and `rw` are the filesystem's too
 * @error: Mount.*
 *
 * All options of the request, but for layers, which go over as descriptors.
 */
gboolean linx_context_set_options (const LinxContext *context, const LinxAttributes *attributes,
                                   GError **error);
