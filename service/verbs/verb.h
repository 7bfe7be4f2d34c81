/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

#include <gio/gio.h>

/**
 * LinxVerb:
 * @bit: the method's, LINX_VERB_*
 * @pin: (nullable): looks up what it names, in the namespace; %NULL where the namespace is all
 * @perform: (nullable): does it, in the namespace; returns (transfer full) the reply's value.
 * %NULL: a method that does nothing in a namespace
 * @settle: (nullable): in the main loop, with the @pins of what was performed, or %NULL, and the
 *   @value that came of it, or %NULL: does what outlives the call; returns (transfer
 *   floating) (nullable) the reply's value, which may be @value
 * @check: (nullable): in the main loop, for callers other than root: whether what it opens is
 * within bounds of its own, before anybody is asked
 * @enter: (nullable): likewise, once it is approved, for all: counts it until @leave
 * @leave: of what was entered
 * @container_message: (nullable): a message id of the gettext domain "linx-mount": what a prompt
 *   says where the target's root can undo the attributes; %NULL: as always
 *
 * What a method does: a row of the table that is the service.
 */
typedef struct {
  guint bit;
  gboolean (*pin) (const LinxRequest *request, LinxPins *pins, GError **error);
  GVariant *(*perform) (LinxJob *job, const LinxRequest *request, LinxPins *pins, GError **error);
  GVariant *(*settle) (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                       LinxPins *pins, GVariant *value, GError **error);
  gboolean (*check) (const LinxCaller *caller, GError **error);
  gboolean (*enter) (const LinxCaller *caller, GError **error);
  void (*leave) (const LinxCaller *caller);
  const char *container_message;
} LinxVerb;

/** linx_verb_of: (transfer none): what @request is to do. */
const LinxVerb *linx_verb_of (const LinxRequest *request);

/** linx_verbs_check: aborts unless each method has a row. */
void linx_verbs_check (void);
