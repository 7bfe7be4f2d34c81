/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* GDBusInterfaceInfo of org.linx.Mount1, which gdbus-codegen makes of introspection/. */
#include "linx-interface-info.h"

#define LINX_BUS_NAME "org.linx.Mount1"
#define LINX_OBJECT_PATH "/org/linx/Mount1"
