/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/details.h"
#include "kernel/process.h"
#include "linx-secrets.h"
#include "linx-text.h"
#include "mount/attributes.h"
#include "policy/details-words.h"
#include "verbs/verb.h"

#define MAX_DETAILS 96

/* In one text, for every call has all of them, and most say nothing. */
struct _LinxDetails {
  gatomicrefcount ref;
  guint n;
  const char *keys[MAX_DETAILS];
  gsize values[MAX_DETAILS]; /* where they begin in @text */
  GString *text;
};

LinxDetails *
linx_details_ref (LinxDetails *details)
{
  g_atomic_ref_count_inc (&details->ref);
  return details;
}

void
linx_details_unref (LinxDetails *details)
{
  if (!g_atomic_ref_count_dec (&details->ref))
    return;
  g_string_free (details->text, TRUE);
  g_free (details);
}

/* What is appended to the text between these two is the value. */
static void
begin (LinxDetails *details, const char *key)
{
  g_assert (details->n < MAX_DETAILS);
  details->keys[details->n] = key;
  details->values[details->n++] = details->text->len;
}

static void
end (LinxDetails *details)
{
  g_string_append_c (details->text, '\0');
}

static void
put (LinxDetails *details, const char *key, const char *value)
{
  begin (details, key);
  if (value != NULL)
    linx_text_append_escaped (details->text, value);
  end (details);
}

/* What may be a URL, without its password. */
static void
put_source_text (LinxDetails *details, const char *key, const char *value)
{
  g_autofree char *struck = value != NULL ? linx_secrets_strike_url (value) : NULL;

  put (details, key, struck);
}

static void
put_boolean (LinxDetails *details, const char *key, gboolean value)
{
  put (details, key, value ? "true" : NULL);
}

static void
put_number (LinxDetails *details, const char *key, gboolean given, guint64 value)
{
  begin (details, key);
  if (given)
    g_string_append_printf (details->text, "%" G_GUINT64_FORMAT, value);
  end (details);
}

static void
put_list (LinxDetails *details, const char *key, GStrv list)
{
  begin (details, key);
  for (guint i = 0; list != NULL && list[i] != NULL; i++) {
    g_string_append (details->text, i > 0 ? "," : "");
    linx_text_append_escaped (details->text, list[i]);
  }
  end (details);
}

/* Already printed, and escaped where it had to be. */
static void
put_printed (LinxDetails *details, const char *key, const char *value)
{
  begin (details, key);
  g_string_append (details->text, value);
  end (details);
}

/* "rshared" where the last step of another operation is for the whole subtree; SetPropagation has
 * `recursive`. */
static void
put_propagation (LinxDetails *details, const LinxRequest *request)
{
  gboolean recursive
      = request->options->propagation_recursive && request->method->bit != LINX_VERB_SET_PROPAGATION;

  begin (details, "propagation");
  g_string_append (details->text, recursive ? "r" : "");
  g_string_append (details->text, linx_propagation_name (request->propagation));
  end (details);
}

/* The arguments as they are meant; paths only as they were pinned. For ListMounts, whose source and
 * target are filters that name nothing, as given. */
static void
put_arguments (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean filters = request->method->bit == LINX_VERB_LIST_MOUNTS;
  gboolean is_pivot = request->method->bit == LINX_VERB_PIVOT_ROOT;
  const char *target = pins != NULL && !pins->target_detached ? pins->target : NULL;
  gboolean mapped = pins != NULL && pins->idmap_inode != 0;
  g_autofree char *in = linx_word_where (&request->in);
  g_autofree char *idmap = linx_word_where (&request->idmap);

  put (details, "operation", request->method->operation);
  put_source_text (details, "source",
                   filters                                               ? request->source.path
                   : pins != NULL && pins->source_kind != LINX_SOURCE_FD ? pins->source
                                                                         : NULL);
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
static void
put_joined (LinxDetails *details, const char *key, const char *a, const char *b, const char *c)
{
  begin (details, key);
  g_string_append (details->text, a);
  g_string_append (details->text, a[0] != '\0' && (b[0] != '\0' || c[0] != '\0') ? "," : "");
  g_string_append (details->text, b);
  g_string_append (details->text, b[0] != '\0' && c[0] != '\0' ? "," : "");
  g_string_append (details->text, c);
  end (details);
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
  put_printed (details, "attributes", of_mount);
  put_printed (details, "tree-attributes", of_tree);
  put_printed (details, "fs-options", fs);
  put_printed (details, "user-options", user);
}

/* The directories of an overlay, as the options name them, and canonical. */
static void
put_layers (LinxDetails *details, const LinxPins *pins)
{
  begin (details, "layers");
  for (guint i = 0; pins != NULL && pins->layers != NULL && i < pins->layers->len; i++) {
    const LinxLayer *layer = &g_array_index (pins->layers, LinxLayer, i);
    g_autofree char *path = linx_text_escape (layer->place.path);
    g_auto (GStrv) parts = g_strsplit (path, ",", -1);
    g_autofree char *one = g_strjoinv ("\\x2c", parts);

    g_string_append_printf (details->text, "%s%s=%s", i > 0 ? "," : "", layer->option, one);
  }
  end (details);
}

static void
put_options (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  put_attributes (details, request, pins);
  put_layers (details, pins);
  put (details, "create", linx_word_create (request->create));
  put_boolean (details, "beneath", request->beneath);
  put_boolean (details, "exclusive", request->exclusive);
  put (details, "subdir", request->options->subdir);
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

/* Of what a process belongs to: keys are static strings. */
static void
put_cgroup (LinxDetails *details, const char *unit, const char *group, const char *machine,
            const LinxCgroup *cgroup)
{
  put (details, unit, cgroup != NULL ? cgroup->unit : NULL);
  put (details, group, cgroup != NULL ? cgroup->path : NULL);
  put (details, machine, cgroup != NULL ? cgroup->machine : NULL);
}

static void
put_namespace (LinxDetails *details, const LinxPins *pins)
{
  const LinxNamespace *ns = pins != NULL ? &pins->ns[LINX_IN] : NULL;
  gboolean open = ns != NULL && ns->kind != LINX_NAMESPACE_UNKNOWN;

  put (details, "namespace", open ? linx_word_namespace (ns->kind) : "");
  put_number (details, "namespace-id", open, open ? ns->inode : 0);
  put_number (details, "namespace-owner", open, open ? ns->owner : 0);
  put (details, "namespace-userns", open ? linx_word_userns (ns) : "");
  put_number (details, "pid", open && ns->pid != 0, open ? (guint64)ns->pid : 0);
  put_cgroup (details, "unit", "cgroup", "machine", open ? &ns->cgroup : NULL);
}

static void
put_caller (LinxDetails *details, const LinxPins *pins)
{
  gboolean known = pins != NULL && pins->verified;

  put (details, "caller-namespace", !known ? "" : pins->caller_in_host ? "host" : "other");
  put (details, "caller-userns",
       !known                           ? ""
       : pins->caller_in_initial_userns ? "initial"
                                        : "other");
  put_cgroup (details, "caller-unit", "caller-cgroup", "caller-machine",
              known ? &pins->caller_cgroup : NULL);
}

/* A device or an image that Mount makes a filesystem from was looked up where it acts. */
static gboolean
has_source_namespace (const LinxRequest *request, const LinxPins *pins)
{
  gboolean has_path = pins->source_place.path != NULL && pins->source_kind != LINX_SOURCE_TAG;
  gboolean has_layers = pins->layers != NULL && pins->layers->len > 0;

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

  put (details, "from", from);
  put (details, "source-namespace", open ? linx_word_namespace (ns->kind) : "");
  put_number (details, "source-namespace-id", open, open ? ns->inode : 0);
  put_number (details, "source-namespace-owner", open, open ? ns->owner : 0);
  put (details, "source-namespace-userns", open ? linx_word_userns (ns) : "");
  put_cgroup (details, "source-unit", "source-cgroup", "source-machine", open ? &ns->cgroup : NULL);
}

static void
put_source (LinxDetails *details, const LinxRequest *request, const LinxPins *pins)
{
  gboolean has_source = (request->method->bit & LINX_VERBS_WITH_SOURCE) != 0;
  gboolean is_device
      = pins != NULL
        && (pins->source_kind == LINX_SOURCE_DEVICE || pins->source_kind == LINX_SOURCE_TAG);
  gboolean has_target = request->target.path != NULL || request->target.fd >= 0;
  g_autofree char *device
      = is_device ? g_strdup_printf ("%u:%u", pins->device_major, pins->device_minor) : NULL;

  put_source_text (details, "source-given", has_source ? linx_named_text (&request->source) : NULL);
  put (details, "source-kind",
       has_source ? linx_word_source (pins != NULL ? pins->source_kind : LINX_SOURCE_NONE) : NULL);
  put (details, "device", device);
  put_boolean (details, "loop-shared", pins != NULL && pins->loop_shared);
  put (details, "target-given", has_target ? linx_named_text (&request->target) : NULL);
  put_source_namespace (details, request, pins);
}

static void
put_target (LinxDetails *details, const LinxPins *pins)
{
  gboolean held = pins != NULL && pins->target != NULL;

  put (details, "target-kind", held ? linx_word_target (pins) : NULL);
  put_number (details, "target-mount-id", held, held ? pins->target_mount : 0);
  put_boolean (details, "target-is-mount", held && pins->target_is_mount);
  put (details, "target-propagation", held ? pins->target_propagation : NULL);
  put (details, "propagates", pins != NULL ? pins->propagates : NULL);
}

LinxDetails *
linx_details_new (const LinxRequest *request, const LinxPins *pins)
{
  LinxDetails *details = g_new0 (LinxDetails, 1);

  g_atomic_ref_count_init (&details->ref);
  details->text = g_string_sized_new (512);
  put_arguments (details, request, pins);
  put_options (details, request, pins);
  put_namespace (details, pins);
  put_caller (details, pins);
  put_cgroup (details, "process-unit", "process-cgroup", "process-machine",
              pins != NULL ? &pins->shown_cgroup : NULL);
  put_source (details, request, pins);
  put_target (details, pins);
  return details;
}

/* Of the host: nothing of the process in whose namespace it is done, or of the mount there. */
static const char *
value_at_host (const char *key, const char *place, const char *host_id, const char *value)
{
  static const char *const not_there[] = { "pid",
                                           "unit",
                                           "cgroup",
                                           "machine",
                                           "target-given",
                                           "target-kind",
                                           "target-mount-id",
                                           "target-is-mount",
                                           "target-propagation",
                                           NULL };

  if (g_strv_contains (not_there, key))
    return "";
  if (g_str_equal (key, "target"))
    return place;
  if (g_str_equal (key, "in") || g_str_equal (key, "namespace"))
    return "host";
  if (g_str_equal (key, "namespace-id"))
    return host_id;
  if (g_str_equal (key, "namespace-owner"))
    return "0";
  return g_str_equal (key, "namespace-userns") ? "initial" : value;
}

static const char *
value_of (const LinxDetails *details, guint i)
{
  return details->text->str + details->values[i];
}

const char *
linx_details_get (const LinxDetails *details, const char *key)
{
  for (guint i = 0; i < details->n; i++)
    if (g_str_equal (details->keys[i], key))
      return value_of (details, i);
  g_assert_not_reached ();
}

void
linx_details_foreach (const LinxDetails *details, const char *place, LinxDetailFunc func,
                      gpointer user_data)
{
  g_autofree char *shown = place != NULL ? linx_text_escape (place) : NULL;
  g_autofree char *host_id = g_strdup_printf ("%" G_GUINT64_FORMAT, linx_process_host_mnt_ns ());

  for (guint i = 0; i < details->n; i++) {
    const char *key = details->keys[i], *value = value_of (details, i);

    func (key, place != NULL ? value_at_host (key, shown, host_id, value) : value, user_data);
  }
}
