/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "linx-mount.h"

/*
 * What all subcommands of linx-mountctl share.
 */

/** CtlExit: the exit codes, as linx-mountctl(1) documents them. */
typedef enum {
  CTL_OK = 0,
  CTL_FAILED = 1,
  CTL_USAGE = 2,
  CTL_DENIED = 3,
  CTL_UNREACHABLE = 4,
} CtlExit;

typedef enum {
  CTL_JSON_OFF,
  CTL_JSON_SHORT,
  CTL_JSON_PRETTY,
} CtlJson;

/**
 * Ctl:
 * @namespaces: (nullable): the values of --in; but for the graph the last one counts
 * @only_ask: `can`: ask whether it would be allowed, and print the answer
 * @client: (nullable): set by ctl_connect()
 *
 * A run of the program.
 */
typedef struct {
  GStrv namespaces;
  CtlJson json;
  gboolean no_legend;
  gboolean no_pager;
  gboolean no_ask_password;
  char *columns;
  gboolean only_ask;

  LinxMountClient *client;
  GSubprocess *agent;
} Ctl;

/**
 * CtlCommand:
 * @name: as it is typed
 * @arguments: what it takes, for --help
 * @summary: what it does, for --help
 * @entries: its own options; one row of NULLs ends them
 * @least: how many arguments at least
 * @most: how many at most
 * @run: does it
 */
typedef struct {
  const char *name;
  const char *arguments;
  const char *summary;
  const GOptionEntry *entries;
  guint least;
  guint most;
  CtlExit (*run) (Ctl *ctl, char **args);
} CtlCommand;

extern const CtlCommand ctl_list, ctl_mount, ctl_umount, ctl_bind, ctl_remount, ctl_move,
    ctl_propagation, ctl_pivot_root, ctl_watch, ctl_can, ctl_status;

/** ctl_command_find: (nullable): the command of that name. */
const CtlCommand *ctl_command_find (const char *name);

/** ctl_command_run: parses @argv, the command's name and what follows it, and runs it. */
CtlExit ctl_command_run (Ctl *ctl, const CtlCommand *command, char **argv);

/** ctl_command_line: runs the program, with @argv as main() has it. */
CtlExit ctl_command_line (Ctl *ctl, char **argv);

/**
 * ctl_connect:
 * @ctl: the run
 *
 * Connects to the service; where a person can be asked on this terminal, starts the agent that
 * asks.
 *
 * Returns: CTL_OK, or what to exit with: it has been said why
 */
CtlExit ctl_connect (Ctl *ctl);

/** ctl_clear: ends the agent, and frees all. */
void ctl_clear (Ctl *ctl);

/** ctl_namespace: (transfer none): the namespace to act in, "self" by default. */
const char *ctl_namespace (const Ctl *ctl);

/**
 * ctl_options:
 * @ctl: the run
 * @options: (out): options with the namespace in them
 *
 * Returns: CTL_OK, or what to exit with: it has been said why
 */
CtlExit ctl_options (const Ctl *ctl, LinxMountOptions **options);

/**
 * ctl_begin:
 * @ctl: the run
 * @options: (out): options with the namespace in them
 *
 * ctl_options() and ctl_connect().
 *
 * Returns: CTL_OK, or what to exit with: it has been said why
 */
CtlExit ctl_begin (Ctl *ctl, LinxMountOptions **options);

/** ctl_set_flag: sets a boolean option that was given. */
void ctl_set_flag (LinxMountOptions *options, const char *key, gboolean given);

/** ctl_set_id: the value of --id, where it was given. */
CtlExit ctl_set_id (LinxMountOptions *options, const char *id);

/** ctl_set_namespace: linx_mount_options_set_namespace() where @word was given. */
CtlExit ctl_set_namespace (LinxMountOptions *options, const char *key, const char *word);

/** ctl_set_text: an option whose value is text, where it was given. */
CtlExit ctl_set_text (LinxMountOptions *options, const char *key, const char *text);

/** ctl_set_mount_options: the values of each -o, as one list. */
CtlExit ctl_set_mount_options (LinxMountOptions *options, const char *const *lists);

/** ctl_set_create: the value of --mkdir, for "create". */
CtlExit ctl_set_create (LinxMountOptions *options, const char *kind);

/**
 * ctl_path:
 * @namespace: where it resolves
 * @path: a path as it was typed
 * @absolute: (out) (transfer full): the same, absolute. Nothing is looked up here
 *
 * Returns: CTL_OK, or CTL_USAGE where it is empty, or relative where that has no meaning
 */
CtlExit ctl_path (const char *namespace, const char *path, char **absolute);

/** ctl_say: prints @text as an error, harmlessly. */
void ctl_say (const char *text);

/** ctl_fail: says why, takes @error over, and returns what to exit with. */
CtlExit ctl_fail (GError *error);

/** ctl_end: what to exit with after a call: CTL_OK where it was @done, else as ctl_fail(). */
CtlExit ctl_end (gboolean done, GError *error);

/** ctl_usage: says what is wrong with how it was called. */
CtlExit ctl_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);

/**
 * ctl_ask:
 * @ctl: the run, with only_ask
 * @method: a method
 * @words: its string arguments
 * @options: its options
 *
 * Prints whether it would be allowed.
 *
 * Returns: CTL_OK for "yes", CTL_DENIED for the others
 */
CtlExit ctl_ask (Ctl *ctl, const char *method, const char *const *words, LinxMountOptions *options);

/** ctl_print: prints @text, which it takes over, by a pager where a person reads it and it is long.
 */
void ctl_print (const Ctl *ctl, char *text);

/** ctl_has_colour: whether to use any: on a terminal, and never with NO_COLOR (no-color.org). */
gboolean ctl_has_colour (void);
