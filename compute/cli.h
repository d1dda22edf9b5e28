/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of the program share: flags, exit codes, errors, JSON, Ctrl-C.
 * Thread: main only, but mend_cli_interrupted() from any. */
#pragma once

#include "compute/json.h"
#include "compute/options.h"
#include "compute/picture.h"
#include "compute/restore.h"

G_BEGIN_DECLS

typedef enum {
    MEND_EXIT_OK = 0,
    MEND_EXIT_FAILED = 1,
    MEND_EXIT_USAGE = 2,
    MEND_EXIT_CANCELLED = 3,
    MEND_EXIT_SOME = 4, /* of several pictures some failed */
} MendExit;

/* The commands: argv[0] is the command's name. Each returns a MendExit. */
int mend_cli_restore(int argc, char **argv);
int mend_cli_eval(int argc, char **argv);
int mend_cli_detect(int argc, char **argv);
int mend_cli_generate(int argc, char **argv);
int mend_cli_devices(int argc, char **argv);
int mend_cli_models(int argc, char **argv);
int mend_cli_check(int argc, char **argv);

/* Reads flags: entries (own ones, ends with a NULL name) and, where options is not NULL, one flag
 * for each row of mend_options with MEND_FOR_CLI. usage: the positional arguments, for --help.
 * FALSE: an error was printed, the command returns MEND_EXIT_USAGE. */
gboolean mend_cli_parse(int argc, char **argv, const char *usage, const char *summary,
                        const GOptionEntry *entries, MendOptions *options);

/* Prints "mend: message" and gives the exit code that belongs to the error. */
MendExit mend_cli_fail(const GError *error);
/* Writes to standard output at once; FALSE, with a message, where it takes no more. */
gboolean mend_cli_print(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Whether both names lead to one file or folder that there is. */
gboolean mend_cli_same_file(const char *a, const char *b);

/* From the first call on, the first Ctrl-C only sets a flag (the second ends the program). */
void mend_cli_catch_interrupt(void);
gboolean mend_cli_interrupted(void);

typedef struct MendCliMore MendCliMore; /* compute/cli_more.h */

/* One picture restored: what restore and eval have in common. The picture is changed in place, also
 * by a failure.
 * mask: {1,h,w}, or data NULL: how much of the restored pixel is taken, 0 keeps the bits. For the
 * task "inpainting" all that it takes is the hole, whatever the picture shows there.
 * more: gets what the options want beside the result; NULL: nothing of it is made.
 * Shows progress on a terminal, named by title (NULL: none), and stops at Ctrl-C
 * (MEND_ERROR_CANCELLED). */
gboolean mend_cli_run(MendPicture *picture, MendTensor mask, const MendOptions *options,
                      const char *title, MendCliMore *more, MendRestoreInfo *info, GError **error);
/* A picture as a mask for a picture of the shape: white is 1. A wrong size is an error. */
MendTensor mend_cli_read_mask(const char *path, MendShape shape, GError **error);
/* What the user should know of path's result, on stderr. */
void mend_cli_tell_notes(const char *path, const MendRestoreInfo *info);
/* Adds the members that say how a result was made. */
void mend_cli_add_info(GString *out, const MendRestoreInfo *info);

G_END_DECLS
