/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "details.h"
#include "attributes.h"
#include "linx-text.h"
#include "verb.h"

typedef struct {
  const char *key;
  char *value; /* NULL: it was not given, as most are not */
} Detail;

struct _LinxDetails {
  GArray *all; /* of Detail */
};

static void
clear_detail (gpointer data)
{
  g_free (((Detail *)data)->value);
}

void
linx_details_free (LinxDetails *details)
{
  g_array_unref (details->all);
  g_free (details);
}

static void
put (LinxDetails *details, const char *key, const char *value)
{
  gboolean given = value != NULL && value[0] != '\0';
  Detail detail = { key, given ? linx_text_escape (value) : NULL };

  g_array_append_val (details->all, detail);
}

static void
put_boolean (LinxDetails *details, const char *key, gboolean value)
{
  put (details, key, value ? "true" : "");
}

static void
put_number (LinxDetails *details, const char *key, gboolean given, guint64 value)
{
  Detail detail = { key, given ? g_strdup_printf ("%" G_GUINT64_FORMAT, value) : NULL };

  g_array_append_val (details->all, detail);
}

static void
put_list (LinxDetails *details, const char *key, GStrv list)
{
  g_autofree char *joined = list != NULL ? g_strjoinv (",", list) : NULL;

  put (details, key, joined);
}

/* Already printed, and escaped where it had to be. */
static void
put_printed (LinxDetails *details, const char *key, char *value)
{
  Detail detail = { key, value };

  g_array_append_val (details->all, detail);
}

static char *
where_text (const LinxWhere *where)
{
  switch (where->kind) {
  case LINX_WHERE_NONE:
    return g_strdup ("");
  case LINX_WHERE_SELF:
    return g_strdup ("self");
  case LINX_WHERE_HOST:
    return g_strdup ("host");
  case LINX_WHERE_PATH:
    return g_strdup (where->path);
  case LINX_WHERE_PID:
    return g_strdup_printf ("%d", (int)where->pid);
  case LINX_WHERE_FD:
    return g_strdup ("fd");
  default:
    g_assert_not_reached ();
  }
}

static const char *
create_word (LinxCreate create)
{
  switch (create) {
  case LINX_CREATE_FILE:
    return "file";
  case LINX_CREATE_DIRECTORY:
    return "directory";
  default:
    return "";
  }
}

static const char *
namespace_word (LinxNamespaceKind kind)
{
  switch (kind) {
  case LINX_NAMESPACE_HOST:
    return "host";
  case LINX_NAMESPACE_SELF:
    return "self";
  case LINX_NAMESPACE_OTHER:
    return "other";
  default:
    return "";
  }
}

/* Of the user namespace that owns it. */
static const char *
userns_word (const LinxNamespace *ns)
{
  return ns->foreign ? "other" : "initial";
}

/* "rshared" where the last step of another operation is for the whole subtree; SetPropagation has
 * `recursive`. */
static void
put_propagation (LinxDetails *details, const LinxRequest *request)
{
  gboolean recursive
      = request->options->propagation_recursive && request->verb->bit != LINX_VERB_SET_PROPAGATION;
  g_autofree char *word
      = g_strconcat (recursive ? "r" : "", linx_propagation_name (request->propagation), NULL);

  put (details, "propagation", word);
}

/* The arguments as they are meant; paths only as they were pinned. For ListMounts, whose source and
 * target are filters that name nothing, as given. */
static void
put_arguments (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean filters = request->verb->bit == LINX_VERB_LIST_MOUNTS;
  gboolean is_pivot = request->verb->bit == LINX_VERB_PIVOT_ROOT;
  const char *target = pins != NULL ? pins->target : NULL;
  gboolean mapped = pins != NULL && pins->idmap_inode != 0;
  g_autofree char *in = where_text (&request->in);
  g_autofree char *idmap = where_text (&request->idmap);

  put (details, "operation", request->verb->operation);
  put (details, "source", filters ? request->source.path : pins != NULL ? pins->source : NULL);
  put (details, "target", filters ? request->at : is_pivot ? NULL : target);
  put (details, "new-root", is_pivot ? target : NULL);
  put (details, "put-old", pins != NULL ? pins->put_old.path : NULL);
  put_propagation (details, request);
  if (filters)
    put_list (details, "fstype", request->fstypes);
  else
    put (details, "fstype", pins != NULL && pins->fstype != NULL ? pins->fstype : request->fstype);
  put (details, "in", in);
  put (details, "idmap", idmap);
  put_number (details, "idmap-id", mapped, mapped ? pins->idmap_inode : 0);
  put_number (details, "idmap-owner", mapped, mapped ? pins->idmap_owner : 0);
  put_number (details, "process", pins != NULL && pins->shown_pid != 0,
              pins != NULL ? (guint64)pins->shown_pid : 0);
}

/* A comma list of three, any of which may be empty. */
static char *
join (const char *a, const char *b, const char *c)
{
  const char *after_a = a[0] != '\0' && (b[0] != '\0' || c[0] != '\0') ? "," : "";
  const char *after_b = b[0] != '\0' && c[0] != '\0' ? "," : "";

  return g_strconcat (a, after_a, b, after_b, c, NULL);
}

/* What is set on the mount, and first on all below it too. */
static void
put_attributes (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  LinxAttributes mount = request->options->attr, tree = request->options->tree;
  g_autofree char *fs = linx_options_fs_text (request->options);
  g_autofree char *given = linx_options_user_text (request->options);
  g_autofree char *user = linx_text_escape (given);
  g_autofree char *attributes = NULL;

  if (pins != NULL)
    linx_attributes_of (request, pins, &mount, &tree);
  attributes = linx_options_attributes (&mount);
  put_printed (details, "options", join (attributes, fs, user));
  put_printed (details, "attributes", g_steal_pointer (&attributes));
  put_printed (details, "tree-attributes", linx_options_attributes (&tree));
  put_printed (details, "fs-options", g_steal_pointer (&fs));
  put_printed (details, "user-options", g_steal_pointer (&user));
}

/* The directories of an overlay, as the options name them, and canonical. */
static void
put_layers (LinxDetails *details, const LinxPins *pins)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; pins != NULL && pins->layers != NULL && i < pins->layers->len; i++) {
    const LinxLayer *layer = &g_array_index (pins->layers, LinxLayer, i);

    g_string_append_printf (text, "%s%s=%s", i > 0 ? "," : "", layer->option, layer->place.path);
  }
  put (details, "layers", text->str);
}

static void
put_options (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  put_attributes (details, request, pins);
  put_layers (details, pins);
  put (details, "create", create_word (request->create));
  put_boolean (details, "recursive", request->recursive);
  put_boolean (details, "superblock", request->superblock);
  put_number (details, "offset", request->options->offset != 0, request->options->offset);
  put_number (details, "size-limit", request->options->size_limit != 0,
              request->options->size_limit);
  put_boolean (details, "make-rprivate", request->make_rprivate);
  put_boolean (details, "bind-new-root", request->bind_new_root);
  put_boolean (details, "detach-old", request->detach_old);
  put_boolean (details, "no-symlinks", request->no_symlinks);
  put_boolean (details, "detach", request->detach);
  put_boolean (details, "force", request->force);
  put_boolean (details, "expire", request->expire);
  put_boolean (details, "nofollow", request->nofollow);
  put_number (details, "id", request->id.given, request->id.value);
  put (details, "under", request->under);
  put_list (details, "fields", request->fields);
  put_number (details, "limit", request->limit != 0, request->limit);
  put_number (details, "after", request->after != 0, request->after);
  put_number (details, "timeout", TRUE, request->timeout_ms);
}

static void
put_namespace (LinxDetails *details, const LinxPins *pins)
{
  const LinxNamespace *ns = pins != NULL ? &pins->ns[LINX_IN] : NULL;
  gboolean open = ns != NULL && ns->kind != LINX_NAMESPACE_UNKNOWN;

  put (details, "namespace", open ? namespace_word (ns->kind) : "");
  put_number (details, "namespace-id", open, open ? ns->inode : 0);
  put_number (details, "namespace-owner", open, open ? ns->owner : 0);
  put (details, "namespace-userns", open ? userns_word (ns) : "");
  put_number (details, "pid", open && ns->pid != 0, open ? (guint64)ns->pid : 0);
}

/* Where a source that is an object of the hierarchy was looked up. */
static void
put_source_namespace (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean clones = (request->verb->bit & LINX_VERBS_CLONING) != 0;
  LinxSide side = request->from.kind != LINX_WHERE_NONE ? LINX_FROM : LINX_IN;
  const LinxNamespace *ns = pins != NULL ? &pins->ns[side] : NULL;
  gboolean open = clones && ns != NULL && ns->kind != LINX_NAMESPACE_UNKNOWN;
  g_autofree char *from = where_text (&request->from);

  put (details, "from", from);
  put (details, "source-namespace", open ? namespace_word (ns->kind) : "");
  put_number (details, "source-namespace-id", open, open ? ns->inode : 0);
  put_number (details, "source-namespace-owner", open, open ? ns->owner : 0);
  put (details, "source-namespace-userns", open ? userns_word (ns) : "");
}

static const char *
source_word (LinxSourceKind kind)
{
  static const char *const words[] = {
    [LINX_SOURCE_NONE] = "none", [LINX_SOURCE_DEVICE] = "device",
    [LINX_SOURCE_TAG] = "tag",   [LINX_SOURCE_FILE] = "file",
    [LINX_SOURCE_FD] = "fd",     [LINX_SOURCE_DIRECTORY] = "directory",
  };

  return words[kind];
}

static void
put_source (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean has_source = (request->verb->bit & LINX_VERBS_WITH_SOURCE) != 0;
  gboolean is_device
      = pins != NULL
        && (pins->source_kind == LINX_SOURCE_DEVICE || pins->source_kind == LINX_SOURCE_TAG);
  gboolean filters = request->verb->bit == LINX_VERB_LIST_MOUNTS;
  gboolean has_target = request->target.path != NULL || request->target.fd >= 0;
  g_autofree char *device
      = is_device ? g_strdup_printf ("%u:%u", pins->device_major, pins->device_minor) : NULL;

  put (details, "source-given", has_source ? linx_named_text (&request->source) : NULL);
  put (details, "source-kind",
       has_source ? source_word (pins != NULL ? pins->source_kind : LINX_SOURCE_NONE) : NULL);
  put (details, "device", device);
  put (details, "target-given", has_target && !filters ? linx_named_text (&request->target) : NULL);
  put_source_namespace (details, request, pins);
}

static void
put_target (LinxDetails *details, const LinxPins *pins)
{
  gboolean held = pins != NULL && pins->target != NULL;

  put_number (details, "target-mount-id", held, held ? pins->target_mount : 0);
  put_boolean (details, "target-is-mount", held && pins->target_is_mount);
  put (details, "target-propagation", held ? pins->target_propagation : NULL);
}

LinxDetails *
linx_details_new (const LinxRequest *request, const LinxPins *pins)
{
  LinxDetails *details = g_new0 (LinxDetails, 1);

  details->all = g_array_new (FALSE, FALSE, sizeof (Detail));
  g_array_set_clear_func (details->all, clear_detail);
  put_arguments (details, request, pins);
  put_options (details, request, pins);
  put_namespace (details, pins);
  put_source (details, request, pins);
  put_target (details, pins);
  return details;
}

void
linx_details_foreach (const LinxDetails *details, LinxDetailFunc func, gpointer user_data)
{
  for (guint i = 0; i < details->all->len; i++) {
    const Detail *detail = &g_array_index (details->all, Detail, i);

    func (detail->key, detail->value != NULL ? detail->value : "", user_data);
  }
}
