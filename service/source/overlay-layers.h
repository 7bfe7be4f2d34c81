/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"

/*
 * Layers: the directories that an overlay is made of.
 */

/**
 * linx_layers_pin:
 * @request: type and options
 * @pins: gets the layers
 * @error: Resolve.*; InvalidArgs; LimitsExceeded; NotSupported where the kernel would look a path
 * up by itself, as root, and the caller is not
 *
 * Looks up, as the caller, the directories that options of an overlay name; those that the overlay
 * writes to the caller must be able to write to (Resolve.EACCES). Other options that name
 * paths are for root alone.
 */
gboolean linx_layers_pin (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_layers_refuse_paths:
 * @request: the options
 * @pins: who asks
 * @error: NotSupported
 *
 * Returns: whether the caller is privileged, or no option names a path
 */
gboolean linx_layers_refuse_paths (const LinxRequest *request, const LinxPins *pins,
                                   GError **error);

/**
 * linx_layers_recheck:
 * @pins: the layers
 * @error: Resolve.ESTALE
 *
 * Returns: whether all of them still are what was approved
 */
gboolean linx_layers_recheck (const LinxPins *pins, GError **error);

/**
 * linx_layers_configure:
 * @context: a filesystem context (fsopen(2))
 * @pins: the layers
 * @option: (out): the option that failed
 *
 * Hands the layers over as descriptors, or where the kernel takes none by their numbers, in a
 * working directory that has nothing else: it looks no name up any more.
 *
 * Returns: 0, or an errno
 */
int linx_layers_configure (int context, const LinxPins *pins, const char **option);
