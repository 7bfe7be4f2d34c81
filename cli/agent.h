/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * ctl_agent_start:
 *
 * Starts polkit's agent for this terminal (pkttyagent(1)) for calls of this process, and waits
 * until polkit knows it. In a session it stands back for an agent that is there (--fallback).
 *
 * Returns: (transfer full) (nullable): the agent; %NULL where none is needed, or nobody could be
 *   asked: for root, and without a terminal
 */
GSubprocess *ctl_agent_start (void);

/** ctl_agent_end: ends @agent, and waits until it has put the terminal right. Takes it over. */
void ctl_agent_end (GSubprocess *agent);
