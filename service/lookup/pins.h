/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/held.h"
#include "quota/memory.h"
#include "request/request.h"
#include "worker/fd-places.h"

/*
 * Pins: all that a request named, held. What polkit approves is these, and these are what the
 * system calls work on.
 */

/** LinxSide: the namespace to act in, and the one that a source is taken from. */
typedef enum {
  LINX_IN,
  LINX_FROM,
  LINX_N_SIDES,
} LinxSide;

/**
 * LinxPins:
 * @sender: who calls
 * @memory: what the call holds of mount tables
 * @fresh: whether all was looked up just now, in the same job
 * @reply: a descriptor that the reply carries
 * @ns: the namespaces, by LinxSide
 *
 * The others: what the method names; nothing, where it does not.
 */
typedef struct {
  LinxSender sender;
  LinxMemory memory;
  gboolean fresh;
  int reply;
  LinxNamespace ns[LINX_N_SIDES];
  LinxTarget target;
  LinxSource source;
  LinxFilesystem fs;
  LinxFsProcess fs_process;
  LinxIdmap idmap;
  LinxPutOld put_old;
  LinxPeerPlaces peers;
  LinxListing listing;
  LinxWatched watched;
} LinxPins;

/**
 * linx_pins_new:
 * @caller: who calls
 * @request: what it asks for; descriptors it lent are put at their places
 *
 * Returns: (transfer full): pins with nothing looked up yet
 */
LinxPins *linx_pins_new (LinxCaller *caller, const LinxRequest *request);

void linx_pins_free (LinxPins *pins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinxPins, linx_pins_free)

/**
 * linx_pins_hold_target:
 * @request: names the target
 * @pins: gets it
 * @error: Resolve.*
 *
 * Looks the target up, as the caller, in the root of the process that named the namespace. With
 * `create` and a missing last component, its directory is held and @pins->name set.
 */
gboolean linx_pins_hold_target (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_pins_is_detached:
 * @id: an object that a descriptor leads to
 *
 * Returns: whether it is the root of a mount that is in no table, as far as can be told: one that
 * is in another namespace looks the same, and is what the kernel refuses
 */
gboolean linx_pins_is_detached (const LinxFileId *id);

/**
 * linx_pins_recheck:
 * @pins: pins
 * @error: Resolve.ESTALE
 *
 * For perform, before the first commit: whether the place still is what was approved.
 */
gboolean linx_pins_recheck (const LinxPins *pins, GError **error);

/**
 * linx_pins_hold_put_old:
 * @request: names put_old, or does not
 * @pins: gets it
 * @error: Resolve.*
 */
gboolean linx_pins_hold_put_old (const LinxRequest *request, LinxPins *pins, GError **error);

/**
 * linx_pins_recheck_as_caller:
 * @pins: pins
 * @error: Resolve.ESTALE
 *
 * linx_pins_recheck() with the caller's credentials.
 */
gboolean linx_pins_recheck_as_caller (const LinxPins *pins, GError **error);

/**
 * linx_pins_hold_source:
 * @request: names the source: an object of the hierarchy
 * @pins: gets it
 * @flags: #LinxPathFlags beside those of the request
 * @error: Resolve.*
 *
 * Looks the source up, as the caller, in the namespace it is taken from, and leaves the thread in
 * the one to act in.
 */
gboolean linx_pins_hold_source (const LinxRequest *request, LinxPins *pins, guint flags,
                                GError **error);

/**
 * linx_pins_recheck_source:
 * @pins: pins
 * @error: Resolve.ESTALE
 *
 * linx_pins_recheck_as_caller() for the source, in the namespace that this thread is in.
 */
gboolean linx_pins_recheck_source (const LinxPins *pins, GError **error);

/**
 * linx_pins_recheck_layer:
 * @pins: pins
 * @layer: one of their layers
 * @error: Resolve.ESTALE
 */
gboolean linx_pins_recheck_layer (const LinxPins *pins, const LinxLayer *layer, GError **error);

/** linx_pins_path_flags: LinxPathFlags for the paths of @request. */
guint linx_pins_path_flags (const LinxRequest *request);

/** linx_pins_path: (transfer none) (nullable): what an error is about: the target, else the source.
 */
const char *linx_pins_path (const LinxPins *pins);

/** linx_pins_crosses: whether the source is taken from another namespace than it goes to. */
gboolean linx_pins_crosses (const LinxPins *pins);

/** linx_pins_hold_any: whether any descriptor is held that is not lent. */
gboolean linx_pins_hold_any (const LinxPins *pins);

/** linx_pins_find_places: a LinxFdPlacesFunc, on LinxPins. */
void linx_pins_find_places (gpointer pins, LinxFdPlaces *places);

/** linx_pins_close: closes all but what outlives the job: the reply's, and what is watched. */
void linx_pins_close (LinxPins *pins);
