/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request/request-decode.h"
#include "bus/limits.h"
#include "linx-error.h"
#include "request/request-arguments.h"
#include "request/request-keys.h"

#include <string.h>
#include <sys/mount.h>

#define DEFAULT_TIMEOUT_MS 20000

static gboolean
check_raw_used (const LinxRequest *request, GError **error)
{
  GHashTableIter iter;
  gpointer name;

  if (request->raw == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, request->raw);
  if (g_hash_table_iter_next (&iter, &name, NULL))
    return linx_error_set_args (error, "'raw' names no argument with a path: '%s'",
                                (const char *)name);
  return TRUE;
}

/* What no caller may pass, whoever it is. */
static gboolean
check_fs_options (const LinxOptions *options, GError **error)
{
  for (guint i = 0; i < options->fs->len; i++) {
    const LinxFsOption *option = g_ptr_array_index (options->fs, i);

    if (linx_options_names_fd (option))
      return linx_error_set_args (error, "option '%s' would name a descriptor of the service",
                                  option->name);
    if (g_str_equal (option->name, "source"))
      return linx_error_set_args (error, "option 'source' is the argument 'source'");
  }
  return TRUE;
}

/* What mount(8) has as operations is for Mount, but for how a new mount is to propagate. */
static gboolean
is_for_method (const LinxRequest *request)
{
  return request->called->bit == LINX_VERB_MOUNT
         || ((request->called->bit & LINX_VERBS_PLACING) != 0
             && request->options->operation == LINX_OPERATION_NONE);
}

/* The key `propagation` is the word `rprivate` or `rslave` of the options. */
static gboolean
join_propagation (LinxRequest *request, GError **error)
{
  LinxOptions *options = request->options;

  if (request->propagation == 0) {
    request->propagation = options->propagation;
    return TRUE;
  }
  if (options->propagation != 0)
    return linx_error_set_args (error, "'propagation' and option '%s' are two kinds of propagation",
                                options->command);
  options->propagation = request->propagation;
  options->propagation_recursive = TRUE;
  return TRUE;
}

/* Words of the option list that say nothing to the verb. */
static gboolean
check_options (const LinxRequest *request, GError **error)
{
  const LinxOptions *options = request->options;
  gboolean makes = (request->method->bit & LINX_VERBS_MAKING) != 0;
  const LinxFsOption *first = options->fs->len > 0 ? g_ptr_array_index (options->fs, 0) : NULL;

  if (options->command != NULL && !is_for_method (request))
    return linx_error_set_args (error, "option '%s' is an operation of Mount", options->command);
  if (first != NULL && !makes && !request->superblock)
    return linx_error_set_args (
        error, "option '%s' is the filesystem's, and %s changes the mount alone%s", first->name,
        request->method->name,
        request->method->bit == LINX_VERB_REMOUNT ? ": pass 'superblock'" : "");
  if ((options->loop || options->offset != 0 || options->size_limit != 0) && !makes)
    return linx_error_set_args (error, "option 'loop', 'offset' or 'sizelimit' is for a new mount");
  if (options->subdir != NULL && !makes)
    return linx_error_set_args (error, "option 'X-mount.subdir' is for a new mount");
  if ((request->method->bit & (LINX_VERB_SET_PROPAGATION | LINX_VERB_MOVE)) != 0
      && (options->attr.set | options->attr.clear) != 0)
    return linx_error_set_args (error, "option '%s' alone changes no attributes", options->command);
  return check_fs_options (options, error);
}

static gboolean decode_can (LinxRequest *request, GVariant *arguments, GError **error);

static gboolean
decode (LinxRequest *request, GVariant *arguments, GError **error)
{
  gsize n = g_variant_n_children (arguments);
  g_autoptr (GVariant) last = n > 0 ? g_variant_get_child_value (arguments, n - 1) : NULL;
  gboolean has_keys = last != NULL && g_variant_is_of_type (last, G_VARIANT_TYPE_VARDICT);

  g_clear_pointer (&request->arguments, g_variant_unref);
  request->arguments = g_variant_ref (arguments);
  if (has_keys && !linx_request_decode_keys (request, last, error))
    return FALSE;
  if (request->options == NULL && request->called->bit != LINX_VERB_CAN)
    request->options = linx_options_parse ("", NULL);
  if (request->options != NULL && !join_propagation (request, error))
    return FALSE;
  if (request->called->bit == LINX_VERB_CAN)
    return decode_can (request, arguments, error);
  if (!linx_request_decode_arguments (request, arguments, error))
    return FALSE;
  if (has_keys && request->method != request->called
      && !linx_request_check_keys (request, last, error))
    return FALSE;
  if (request->options->make_directory && request->create == LINX_CREATE_NOTHING
      && (request->method->bit & LINX_VERBS_PLACING) != 0)
    request->create = LINX_CREATE_DIRECTORY;
  if (request->target.fd >= 0 && request->create != LINX_CREATE_NOTHING)
    return linx_error_set_args (error, "'create' does not go with 'target-fd'");
  return check_options (request, error) && check_raw_used (request, error);
}

/* Can: the request that it asks about, marked as only asked about. */
static gboolean
decode_can (LinxRequest *request, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) boxed = g_variant_get_child_value (arguments, 1);
  g_autoptr (GVariant) inner = g_variant_get_variant (boxed);
  const char *method;
  g_autofree char *signature = NULL;

  g_variant_get_child (arguments, 0, "&s", &method);
  request->called = request->method = linx_method_find (method);
  request->only_ask = TRUE;
  if (request->method == NULL || request->method->operation == NULL)
    return linx_error_set_args (error, "'method' names no method that can be asked about: '%s'",
                                method);
  signature = linx_method_signature (request->method);
  if (!g_str_equal (g_variant_get_type_string (inner), signature))
    return linx_error_set_args (error, "'arguments' of %s must be of type '%s', not '%s'", method,
                                signature, g_variant_get_type_string (inner));
  return decode (request, inner, error);
}

LinxRequest *
linx_request_decode (const LinxMethod *method, GVariant *arguments, LinxMessageFds *fds,
                     GError **error)
{
  g_autoptr (LinxRequest) request = NULL;

  if (g_variant_get_size (arguments) > LINX_MAX_ARGUMENT_BYTES) {
    linx_error_set_args (error, "the arguments of %s are larger than %d bytes", method->name,
                         LINX_MAX_ARGUMENT_BYTES);
    return NULL;
  }
  request = g_new0 (LinxRequest, 1);
  g_atomic_ref_count_init (&request->ref);
  request->called = request->method = method;
  request->timeout_ms = DEFAULT_TIMEOUT_MS;
  request->in.kind = LINX_WHERE_SELF;
  request->in.fd = request->process.fd = request->idmap.fd = -1;
  request->from.fd = -1;
  request->source.fd = request->target.fd = request->put_old.fd = -1;
  if (fds != NULL)
    request->fds = linx_message_fds_ref (fds);
  return decode (request, arguments, error) ? g_steal_pointer (&request) : NULL;
}

LinxRequest *
linx_request_decode_again (const LinxRequest *request, GVariant *arguments, GError **error)
{
  LinxRequest *again = linx_request_decode (request->called, arguments, request->fds, error);

  if (again != NULL)
    again->only_ask = request->only_ask;
  return again;
}
