/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lookup/pins.h"
#include "request/request.h"
#include "worker/worker.h"

/* The functions of the verb table's rows: see LinxVerb. One verb family a file, op-*.c. */

gboolean linx_mount_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_mount_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                              GError **error);

gboolean linx_bind_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_bind_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                             GError **error);

gboolean linx_remount_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_remount_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                                GError **error);

gboolean linx_move_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_move_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                             GError **error);

gboolean linx_create_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_create_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                               GError **error);

gboolean linx_clone_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_clone_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                              GError **error);

gboolean linx_attach_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_attach_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                               GError **error);

gboolean linx_umount_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_umount_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                               GError **error);

gboolean linx_propagation_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_propagation_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                                    GError **error);

gboolean linx_pivot_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_pivot_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                              GError **error);

gboolean linx_list_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_list_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                             GError **error);
GVariant *linx_list_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                            LinxPins *pins, GVariant *value, GError **error);

gboolean linx_watch_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_watch_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                              GError **error);
GVariant *linx_watch_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                             LinxPins *pins, GVariant *value, GError **error);
GVariant *linx_unwatch_settle (GDBusConnection *bus, const LinxRequest *request, LinxCaller *caller,
                               LinxPins *pins, GVariant *value, GError **error);

GVariant *linx_open_mountinfo_perform (LinxJob *job, const LinxRequest *request, LinxPins *pins,
                                       GError **error);
