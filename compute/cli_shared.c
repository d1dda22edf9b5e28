/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of the program share. */
#include "compute/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "compute/error.h"

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void
mend_cli_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

gboolean
mend_cli_interrupted(void)
{
    return interrupted != 0;
}

static gboolean
set_option(const char *flag, const char *value, gpointer data, GError **error)
{
    return mend_options_set(data, flag + strspn(flag, "-"), value ? value : "yes", error);
}

/* One flag for each row that is for the command line. */
static GOptionGroup *
option_group(MendOptions *options)
{
    static const char *const kinds[] = {"CHOICE", "NAME", "N", "NUMBER", NULL};
    const union { /* ISO C has no cast from a function to a pointer to data */
        GOptionArgFunc function;
        gpointer pointer;
    } callback = {set_option};
    GOptionGroup *group = g_option_group_new("options", "", "", options, NULL);
    for (const MendOption *option = mend_options; option->name; option++) {
        if (!(option->scope & MEND_FOR_CLI))
            continue;
        GOptionFlags flags =
            option->type == MEND_OPTION_BOOL ? G_OPTION_FLAG_NO_ARG : G_OPTION_FLAG_FILENAME;
        GOptionEntry entries[] = {
            {option->name, 0, (int)flags, G_OPTION_ARG_CALLBACK, callback.pointer, option->blurb,
             kinds[option->type]},
            G_OPTION_ENTRY_NULL,
        };
        g_option_group_add_entries(group, entries);
    }
    return group;
}

/* The choices of each option, below the flags in --help. */
static char *
describe_choices(void)
{
    GString *text = g_string_new(NULL);
    for (const MendOption *option = mend_options; option->name; option++) {
        if (!option->choice || !(option->scope & MEND_FOR_CLI))
            continue;
        g_string_append_printf(text, "%s--%s is one of:", text->len ? "\n" : "", option->name);
        const char *value;
        for (int i = 0; (value = option->choice(i, NULL)); i++)
            g_string_append_printf(text, " %s", value);
    }
    return g_string_free(text, FALSE);
}

gboolean
mend_cli_parse(int argc, char **argv, const char *usage, const char *summary,
               const GOptionEntry *entries, MendOptions *options)
{
    g_autofree char *command = g_strdup_printf("mend %s", argv[0]);
    g_autofree char *choices = options ? describe_choices() : NULL;
    g_autofree char **left =
        g_new(char *, argc + 1); /* as argv, for GOption to take words out of */
    memcpy(left, argv, (size_t)argc * sizeof *left);
    left[argc] = NULL;
    g_set_prgname(command);
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_autoptr(GError) error = NULL;
    g_option_context_set_summary(context, summary);
    if (options) {
        mend_options_init(options);
        g_option_context_set_main_group(context, option_group(options));
        g_option_context_set_description(context, choices);
    }
    g_option_context_add_main_entries(context, entries, NULL);
    if (g_option_context_parse(context, &argc, &left, &error) && argc == 1)
        return TRUE;
    fprintf(stderr, "mend: %s See %s --help.\n",
            error ? error->message : "There are too many arguments.", command);
    return FALSE;
}

MendExit
mend_cli_fail(const GError *error)
{
    fprintf(stderr, "mend: %s\n", error->message);
    if (mend_error_is(error, MEND_ERROR_CANCELLED))
        return MEND_EXIT_CANCELLED;
    return mend_error_is(error, MEND_ERROR_OPTION) ? MEND_EXIT_USAGE : MEND_EXIT_FAILED;
}

gboolean
mend_cli_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    gboolean good = vprintf(format, args) >= 0 && fflush(stdout) == 0;
    va_end(args);
    if (!good)
        fprintf(stderr, "mend: Cannot write to standard output: %s.\n", g_strerror(errno));
    return good;
}

gboolean
mend_cli_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
