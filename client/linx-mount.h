/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * liblinx-mount: a client of org.linx.Mount1. Each method is there three times: it blocks, or it is
 * started with a callback and finished there. What the methods do, with their options and errors,
 * is documented once, in the interface: org.linx.Mount1.xml, or org.linx.Mount1(5).
 */

#include "linx-mount-change.h"
#include "linx-mount-client.h"
#include "linx-mount-detached.h"
#include "linx-mount-error.h"
#include "linx-mount-manager.h"
#include "linx-mount-options.h"
#include "linx-mount-table.h"
