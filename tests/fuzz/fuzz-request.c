/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A line with the name of a method, then its arguments: what decoding lets through is what a
 * request may be, and what it refuses it names.
 */

#include "policy/describe.h"
#include "linx-error.h"
#include "policy/policy.h"
#include "value.h"
#include "request/request-decode.h"

#include <limits.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
check_path (const LinxNamed *named)
{
  g_assert_true (fuzz_fds_has (named->fd));
  g_assert_true (named->path == NULL || strlen (named->path) < PATH_MAX);
}

static void
check_where (const LinxWhere *where)
{
  g_assert_true (fuzz_fds_has (where->fd));
  g_assert_true ((where->kind == LINX_WHERE_FD) == (where->fd >= 0));
  g_assert_true ((where->kind == LINX_WHERE_PID) == (where->pid > 0));
  g_assert_true ((where->kind == LINX_WHERE_PATH) == (where->path != NULL));
  g_assert_true (where->path == NULL || where->path[0] == '/');
}

/* A rule, a prompt and the journal get nothing but what D-Bus carries and a terminal shows. */
static void
check_detail (const char *key, const char *value, gpointer user_data)
{
  (void)user_data;
  g_assert_true (g_utf8_validate (value, -1, NULL));
  for (const char *p = value; *p != '\0'; p++)
    if ((guchar)*p < ' ')
      g_error ("%s has a control character", key);
}

static void
check_request (const LinxRequest *request)
{
  const LinxNamed *target = &request->target;
  g_autoptr (LinxDetails) details = NULL;

  g_assert_true (request->method != NULL && request->called != NULL);
  check_path (&request->source);
  check_path (target);
  check_path (&request->put_old);
  g_assert_true (target->path == NULL || target->path[0] == '/'
                 || (target->path[0] == '\0' && request->method->bit == LINX_VERB_MOUNT));
  check_where (&request->in);
  check_where (&request->from);
  check_where (&request->process);
  check_where (&request->idmap);
  g_assert_cmpuint (request->timeout_ms, >=, 1);
  g_assert_cmpuint (request->timeout_ms, <=, 600000);
  g_assert_true (request->raw == NULL || g_hash_table_size (request->raw) == 0);
  if (request->method->operation == NULL)
    return;
  details = linx_describe (request, NULL);
  linx_details_foreach (details, NULL, check_detail, NULL);
  linx_policy_is_audited (request, NULL);
}

static void
decode (const LinxMethod *method, GVariant *arguments, LinxMessageFds *fds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LinxRequest) request = linx_request_decode (method, arguments, fds, &error);
  g_autoptr (LinxRequest) again = NULL;

  g_assert_true ((request != NULL) == (error == NULL));
  if (request == NULL) {
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return;
  }
  check_request (request);
  again = linx_request_decode_again (request, request->arguments, &error);
  g_assert_no_error (error);
  g_assert_true (again->method == request->method && again->only_ask == request->only_ask);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
  g_autofree char *name = fuzz_first_line (&bytes, &size);
  const LinxMethod *method = linx_method_find (name);
  g_autofree char *signature = method != NULL ? linx_method_signature (method) : NULL;
  g_autoptr (GVariant) arguments
      = method != NULL ? fuzz_value (G_VARIANT_TYPE (signature), bytes, size) : NULL;

  if (arguments == NULL)
    return -1;
  decode (method, arguments, NULL);
  decode (method, arguments, fuzz_fds ());
  return 0;
}
