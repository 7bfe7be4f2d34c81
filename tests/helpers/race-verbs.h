/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "race-spots.h"

/*
 * Verbs of a race: by the service, and by paths that were checked before.
 */

typedef struct RaceVerb RaceVerb;

/** RaceFunc: (transfer full) (nullable): why it failed, a word */
typedef char *(*RaceFunc) (const RaceVerb *verb);

/**
 * RaceVerb:
 * @name: as it is typed
 * @mounted: on which sides each leaf is a mount, a bit (1 << Side) each
 * @own_judge: it is @by_service and @by_path that find out where it landed
 */
struct RaceVerb {
  const char *name;
  guint mounted;
  gboolean own_judge;
  RaceFunc by_service;
  RaceFunc by_path;
};

/** race_verb_start: finds the verb, connects to the bus, holds @tree's spots and mounts what is to
 * be mounted. */
const RaceVerb *race_verb_start (const char *name, const char *tree, const char *option);

/** race_is_mounted: whether @state is that of a mount on a spot, and not of the tree that it is in.
 */
gboolean race_is_mounted (const State *state);
