/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/details.h"
#include "work.h"

#include <gio/gio.h>

/*
 * What the two files of a call share: call.c walks its line, call-reply.c answers it.
 */

/*
 * One call on its line. Each stage starts the next one from its callback, or fails the call; the
 * call is owned by the callback that is pending, and ends in linx_call_reply().
 */
typedef struct {
  GDBusMethodInvocation *invocation;
  GDBusConnection *bus;
  LinxRequest *request;
  LinxCaller *caller;
  GError *early;        /* there is no request, or no caller */
  gboolean entered;     /* it is counted by its verb: see LinxVerb */
  LinxWork *work;       /* NULL while a worker has it */
  LinxDetails *details; /* what polkit was asked */
  GError *pin_error;    /* told only to those who are authorized */
  gsize reply_bytes;    /* that room was found for */
  gint64 start;         /* monotonic */
  gint64 job_start;     /* monotonic */
  guint left_ms;        /* of the time for pin and perform */
} LinxCall;

/** linx_call_new: one more is under way. */
LinxCall *linx_call_new (GDBusMethodInvocation *invocation);

/**
 * linx_call_debug:
 * @call: a call that is not answered yet
 * @stage: the stage it has come out of
 * @error: (nullable): why it failed there
 *
 * Tells of it, with G_MESSAGES_DEBUG=linx-mount: who, which call, and how long it has taken so far;
 * nothing of what is asked for.
 */
void linx_call_debug (const LinxCall *call, const char *stage, const GError *error);

/** linx_call_pins: (nullable): what it is pinned to, if no worker has that. */
const LinxPins *linx_call_pins (const LinxCall *call);

/**
 * linx_call_reply:
 * @call: (transfer full): a call
 * @value: (nullable) (transfer floating): the answer
 * @error: (nullable): why there is none
 *
 * The one place that answers.
 */
void linx_call_reply (LinxCall *call, GVariant *value, const GError *error);

/** linx_call_finish: the work is done: what outlives the call, and the answer. Takes @call over. */
void linx_call_finish (LinxCall *call);

/** linx_call_reply_when_room: linx_call_finish(), once there is room for the answer. */
void linx_call_reply_when_room (LinxCall *call);
