/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"
#include "rows.h"

/* Branches deeper than that are not drawn any longer: of a stack of many thousand mounts they would
 * be most of the text. */
#define MAX_DRAWN 64

/* A row, and where it stands. */
typedef struct Node {
  GVariant *row;
  guint64 id;
  gboolean has_parent;
  struct Node *first, *last; /* its children */
  struct Node *next;         /* its parent's next child */
} Node;

/* Nodes whose next sibling is yet to be walked: the way to where the walk is. */
typedef struct {
  GPtrArray *path;
  GString *branch;
  gboolean utf8;
} Walk;

static void
node_free (gpointer data)
{
  Node *node = data;

  g_variant_unref (node->row);
  g_free (node);
}

static GPtrArray *
make_nodes (GVariant *rows, GHashTable *by_id)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func (node_free);
  gsize n = g_variant_n_children (rows);

  for (gsize i = 0; i < n; i++) {
    Node *node = g_new0 (Node, 1);

    node->row = g_variant_get_child_value (rows, i);
    node->id = ctl_row_number (node->row, "id");
    g_ptr_array_add (nodes, node);
    g_hash_table_insert (by_id, &node->id, node);
  }
  return nodes;
}

/* A mount may be its own parent, as the kernel shows the root of some namespaces. */
static void
link_nodes (GPtrArray *nodes, GHashTable *by_id, Node *top)
{
  for (guint i = 0; i < nodes->len; i++) {
    Node *node = nodes->pdata[i];
    guint64 id = ctl_row_number (node->row, "parent");
    Node *parent = g_hash_table_lookup (by_id, &id);

    node->has_parent = parent != NULL && parent != node;
    if (!node->has_parent)
      parent = top;
    if (parent->last != NULL)
      parent->last->next = node;
    else
      parent->first = node;
    parent->last = node;
  }
}

static void
draw (const Walk *walk, const Node *node)
{
  guint depth = MIN (walk->path->len, MAX_DRAWN);

  g_string_truncate (walk->branch, 0);
  for (guint i = 1; i < depth; i++) {
    const Node *above = walk->path->pdata[i];

    g_string_append (walk->branch, above->next == NULL ? "  " : walk->utf8 ? "│ " : "| ");
  }
  if (node->has_parent && node->next != NULL)
    g_string_append (walk->branch, walk->utf8 ? "├─" : "|-");
  else if (node->has_parent)
    g_string_append (walk->branch, walk->utf8 ? "└─" : "`-");
}

/* The node after @node: its child, or what comes next further up. */
static Node *
step (Walk *walk, Node *node)
{
  if (node->first != NULL) {
    g_ptr_array_add (walk->path, node);
    return node->first;
  }
  while (node->next == NULL && walk->path->len > 0)
    node = g_ptr_array_steal_index (walk->path, walk->path->len - 1);
  return node->next;
}

void
ctl_tree_walk (GVariant *rows, gboolean utf8, CtlTreeFunc func, gpointer user_data)
{
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GPtrArray) nodes = make_nodes (rows, by_id);
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  g_autoptr (GString) branch = g_string_new (NULL);
  Walk walk = { path, branch, utf8 };
  Node top = { NULL, 0, FALSE, NULL, NULL, NULL };

  link_nodes (nodes, by_id, &top);
  for (Node *node = top.first; node != NULL; node = step (&walk, node)) {
    draw (&walk, node);
    func (node->row, branch->str, user_data);
  }
}
