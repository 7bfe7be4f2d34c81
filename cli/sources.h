/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ctl.h"

/**
 * ctl_sources_targets:
 * @ctl: the run, connected
 * @word: a word that stands for what is to be unmounted
 * @all: everything that is mounted from the same source, or else what was mounted from it last
 * @targets: (out) (element-type utf8): where; %NULL where @word is no source: the place itself
 *
 * As umount(8) does: a device, a tag ("LABEL=..."), an image, or, with @all, a place.
 *
 * Returns: CTL_OK, or what to exit with: it has been said why
 */
CtlExit ctl_sources_targets (Ctl *ctl, const char *word, gboolean all, GPtrArray **targets);
