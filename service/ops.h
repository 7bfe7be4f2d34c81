/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "verb.h"

/* The functions of the verb table's rows: see LinxVerb. One verb family a file, op-*.c. */

gboolean linx_mount_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_mount_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                              GError **error);

gboolean linx_umount_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_umount_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                               GError **error);

gboolean linx_propagation_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_propagation_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                                    GError **error);

gboolean linx_pivot_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_pivot_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                              GError **error);

gboolean linx_list_pin (const LinxRequest *request, LinxPins *pins, GError **error);
GVariant *linx_list_perform (LinxVisit *visit, const LinxRequest *request, LinxPins *pins,
                             GError **error);
