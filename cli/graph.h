/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Mount tables as a graph, in the language of Graphviz (dot(1)).
 */

/** ctl_graph_begin: (transfer full): a graph of no namespace yet. */
GString *ctl_graph_begin (void);

/**
 * ctl_graph_add:
 * @graph: a graph
 * @name: what the namespace is called
 * @rows: its rows
 *
 * Adds a namespace: a frame of its mounts, each with a line from its parent; and, between all
 * namespaces, lines to the peer groups that they are in, and from those that they are slaves of.
 */
void ctl_graph_add (GString *graph, const char *name, GVariant *rows);

/** ctl_graph_end: (transfer full): its text. Takes it over. */
char *ctl_graph_end (GString *graph);
