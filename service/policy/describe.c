/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/describe.h"
#include "linx-secrets.h"
#include "linx-text.h"
#include "mount/attributes.h"
#include "policy/details-words.h"

/* What may be a URL, without its password. */
static void
put_source_text (LinxDetails *details, const char *key, const char *value)
{
  g_autofree char *struck = value != NULL ? linx_secrets_strike_url (value) : NULL;

  linx_details_put (details, key, struck);
}

/* "rshared" where the last step of another operation is for the whole subtree; SetPropagation has
 * `recursive`. */
static void
put_propagation (LinxDetails *details, const LinxRequest *request)
{
  gboolean recursive = request->options->propagation_recursive
                       && request->method->bit != LINX_VERB_SET_PROPAGATION;
  GString *text = linx_details_begin (details, "propagation");

  g_string_append (text, recursive ? "r" : "");
  g_string_append (text, linx_propagation_name (request->propagation));
  linx_details_end (details);
}

/* The arguments as they are meant; paths only as they were pinned. For ListMounts, whose source and
 * target are filters that name nothing, as given. */
static void
put_arguments (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean filters = request->method->bit == LINX_VERB_LIST_MOUNTS;
  gboolean is_pivot = request->method->bit == LINX_VERB_PIVOT_ROOT;
  const char *target = pins != NULL && !pins->target.is_detached ? pins->target.path : NULL;
  gboolean mapped = pins != NULL && pins->idmap.inode != 0;
  g_autofree char *in = linx_word_where (&request->in);
  g_autofree char *idmap = linx_word_where (&request->idmap);

  linx_details_put (details, "operation", request->method->operation);
  put_source_text (details, "source",
                   filters                                               ? request->source.path
                   : pins != NULL && pins->source.kind != LINX_SOURCE_FD ? pins->source.path
                                                                         : NULL);
  linx_details_put (details, "target", filters ? request->list.at : is_pivot ? NULL : target);
  linx_details_put (details, "new-root", is_pivot ? target : NULL);
  linx_details_put (details, "put-old", pins != NULL ? pins->put_old.place.path : NULL);
  put_propagation (details, request);
  if (filters)
    linx_details_put_list (details, "fstype", request->list.fstypes);
  else
    linx_details_put (details, "fstype",
                      pins != NULL && pins->fs.type != NULL ? pins->fs.type : request->fstype);
  linx_details_put (details, "in", in);
  linx_details_put (details, "idmap", idmap);
  linx_details_put_number (details, "idmap-id", mapped, mapped ? pins->idmap.inode : 0);
  linx_details_put_number (details, "idmap-owner", mapped, mapped ? pins->idmap.owner : 0);
  linx_details_put_number (details, "process", pins != NULL && pins->fs_process.pid != 0,
                           pins != NULL ? (guint64)pins->fs_process.pid : 0);
}

/* A comma list of three, any of which may be empty. */
static void
put_joined (LinxDetails *details, const char *key, const char *a, const char *b, const char *c)
{
  GString *text = linx_details_begin (details, key);

  g_string_append (text, a);
  g_string_append (text, a[0] != '\0' && (b[0] != '\0' || c[0] != '\0') ? "," : "");
  g_string_append (text, b);
  g_string_append (text, b[0] != '\0' && c[0] != '\0' ? "," : "");
  g_string_append (text, c);
  linx_details_end (details);
}

/* What is set on the mount, and first on all below it too. */
static void
put_attributes (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  LinxAttributes mount = request->options->attr, tree = request->options->tree;
  g_autofree char *fs = linx_options_fs_text (request->options);
  g_autofree char *user = linx_options_user_shown (request->options);
  g_autofree char *of_mount = NULL, *of_tree = NULL;

  if (pins != NULL)
    linx_attributes_of (request, pins, &mount, &tree);
  of_mount = linx_options_attributes (&mount);
  of_tree = linx_options_attributes (&tree);
  put_joined (details, "options", of_mount, fs, user);
  linx_details_put_printed (details, "attributes", of_mount);
  linx_details_put_printed (details, "tree-attributes", of_tree);
  linx_details_put_printed (details, "fs-options", fs);
  linx_details_put_printed (details, "user-options", user);
}

/* The directories of an overlay, as the options name them, and canonical. */
static void
put_layers (LinxDetails *details, const LinxPins *pins)
{
  GString *text = linx_details_begin (details, "layers");

  for (guint i = 0; pins != NULL && pins->fs.layers != NULL && i < pins->fs.layers->len; i++) {
    const LinxLayer *layer = &g_array_index (pins->fs.layers, LinxLayer, i);
    g_autofree char *path = linx_text_escape (layer->place.path);
    g_auto (GStrv) parts = g_strsplit (path, ",", -1);
    g_autofree char *one = g_strjoinv ("\\x2c", parts);

    g_string_append_printf (text, "%s%s=%s", i > 0 ? "," : "", layer->option, one);
  }
  linx_details_end (details);
}

static void
put_options (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  put_attributes (details, request, pins);
  put_layers (details, pins);
  linx_details_put (details, "create", linx_word_create (request->create));
  linx_details_put_boolean (details, "beneath", request->beneath);
  linx_details_put_boolean (details, "exclusive", request->exclusive);
  linx_details_put (details, "subdir", request->options->subdir);
  linx_details_put_boolean (details, "recursive", request->recursive);
  linx_details_put_boolean (details, "superblock", request->superblock);
  linx_details_put_number (details, "offset", request->options->offset != 0,
                           request->options->offset);
  linx_details_put_number (details, "size-limit", request->options->size_limit != 0,
                           request->options->size_limit);
  linx_details_put_boolean (details, "make-rprivate", request->pivot.make_rprivate);
  linx_details_put_boolean (details, "bind-new-root", request->pivot.bind_new_root);
  linx_details_put_boolean (details, "detach-old", request->pivot.detach_old);
  linx_details_put_boolean (details, "no-symlinks", request->no_symlinks);
  linx_details_put_boolean (details, "detach", request->umount.detach);
  linx_details_put_boolean (details, "force", request->umount.force);
  linx_details_put_boolean (details, "expire", request->umount.expire);
  linx_details_put_boolean (details, "nofollow", request->umount.nofollow);
  linx_details_put_number (details, "id", request->id.given, request->id.value);
  linx_details_put (details, "under", request->list.under);
  linx_details_put_list (details, "fields", request->list.fields);
  linx_details_put_number (details, "limit", request->list.limit != 0, request->list.limit);
  linx_details_put_number (details, "after", request->list.after != 0, request->list.after);
  linx_details_put_number (details, "timeout", TRUE, request->timeout_ms);
}

/* Of what a process belongs to: keys are static strings. */
static void
put_cgroup (LinxDetails *details, const char *unit, const char *group, const char *machine,
            const LinxCgroup *cgroup)
{
  linx_details_put (details, unit, cgroup != NULL ? cgroup->unit : NULL);
  linx_details_put (details, group, cgroup != NULL ? cgroup->path : NULL);
  linx_details_put (details, machine, cgroup != NULL ? cgroup->machine : NULL);
}

static void
put_namespace (LinxDetails *details, const LinxPins *pins)
{
  const LinxNamespace *ns = pins != NULL ? &pins->ns[LINX_IN] : NULL;
  gboolean open = ns != NULL && ns->kind != LINX_NAMESPACE_UNKNOWN;

  linx_details_put (details, "namespace", open ? linx_word_namespace (ns->kind) : "");
  linx_details_put_number (details, "namespace-id", open, open ? ns->inode : 0);
  linx_details_put_number (details, "namespace-owner", open, open ? ns->owner : 0);
  linx_details_put (details, "namespace-userns", open ? linx_word_userns (ns) : "");
  linx_details_put_number (details, "pid", open && ns->pid != 0, open ? (guint64)ns->pid : 0);
  put_cgroup (details, "unit", "cgroup", "machine", open ? &ns->cgroup : NULL);
}

static void
put_caller (LinxDetails *details, const LinxPins *pins)
{
  gboolean known = pins != NULL && pins->sender.verified;

  linx_details_put (details, "caller-namespace",
                    !known                 ? ""
                    : pins->sender.in_host ? "host"
                                           : "other");
  linx_details_put (details, "caller-userns",
                    !known                           ? ""
                    : pins->sender.in_initial_userns ? "initial"
                                                     : "other");
  put_cgroup (details, "caller-unit", "caller-cgroup", "caller-machine",
              known ? &pins->sender.cgroup : NULL);
}

/* A device or an image that Mount makes a filesystem from was looked up where it acts. */
static gboolean
has_source_namespace (const LinxRequest *request, const LinxPins *pins)
{
  gboolean has_path = pins->source.place.path != NULL && pins->source.kind != LINX_SOURCE_TAG;
  gboolean has_layers = pins->fs.layers != NULL && pins->fs.layers->len > 0;

  return (request->method->bit & (LINX_VERBS_CLONING | LINX_VERB_MOVE)) != 0
         || ((request->method->bit & LINX_VERBS_MAKING) != 0 && (has_path || has_layers));
}

/* Where a source that is an object of the hierarchy was looked up. */
static void
put_source_namespace (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  LinxSide side = request->from.kind != LINX_WHERE_NONE ? LINX_FROM : LINX_IN;
  const LinxNamespace *ns = pins != NULL ? &pins->ns[side] : NULL;
  gboolean open
      = ns != NULL && ns->kind != LINX_NAMESPACE_UNKNOWN && has_source_namespace (request, pins);
  g_autofree char *from = linx_word_where (&request->from);

  linx_details_put (details, "from", from);
  linx_details_put (details, "source-namespace", open ? linx_word_namespace (ns->kind) : "");
  linx_details_put_number (details, "source-namespace-id", open, open ? ns->inode : 0);
  linx_details_put_number (details, "source-namespace-owner", open, open ? ns->owner : 0);
  linx_details_put (details, "source-namespace-userns", open ? linx_word_userns (ns) : "");
  put_cgroup (details, "source-unit", "source-cgroup", "source-machine", open ? &ns->cgroup : NULL);
}

static void
put_source (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean has_source = (request->method->bit & LINX_VERBS_WITH_SOURCE) != 0;
  gboolean is_device
      = pins != NULL
        && (pins->source.kind == LINX_SOURCE_DEVICE || pins->source.kind == LINX_SOURCE_TAG);
  gboolean has_target = request->target.path != NULL || request->target.fd >= 0;
  g_autofree char *device
      = is_device ? g_strdup_printf ("%u:%u", pins->source.major, pins->source.minor) : NULL;

  put_source_text (details, "source-given", has_source ? linx_named_text (&request->source) : NULL);
  linx_details_put (
      details, "source-kind",
      has_source ? linx_word_source (pins != NULL ? pins->source.kind : LINX_SOURCE_NONE) : NULL);
  linx_details_put (details, "device", device);
  linx_details_put_boolean (details, "loop-shared", pins != NULL && pins->source.loop_shared);
  linx_details_put (details, "target-given",
                    has_target ? linx_named_text (&request->target) : NULL);
  put_source_namespace (details, request, pins);
}

static void
put_target (LinxDetails *details, const LinxPins *pins)
{
  gboolean held = pins != NULL && pins->target.path != NULL;

  linx_details_put (details, "target-kind", held ? linx_word_target (pins) : NULL);
  linx_details_put_number (details, "target-mount-id", held, held ? pins->target.mount : 0);
  linx_details_put_boolean (details, "target-is-mount", held && pins->target.is_mount);
  linx_details_put (details, "target-propagation", held ? pins->target.propagation : NULL);
  linx_details_put (details, "propagates", pins != NULL ? pins->peers.word : NULL);
}

LinxDetails *
linx_describe (const LinxRequest *request, const LinxPins *pins)
{
  LinxDetails *details = linx_details_new ();

  put_arguments (details, request, pins);
  put_options (details, request, pins);
  put_namespace (details, pins);
  put_caller (details, pins);
  put_cgroup (details, "process-unit", "process-cgroup", "process-machine",
              pins != NULL ? &pins->fs_process.cgroup : NULL);
  put_source (details, request, pins);
  put_target (details, pins);
  return details;
}
