/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program mend: finds the command and the model folders beside itself. */
#include "compute/cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "compute/bench.h"
#include "compute/cli_dlg.h"
#include "compute/cli_nfe.h"
#include "compute/model.h"
#include "compute/parity/parity.h"

#ifndef MEND_VERSION
#define MEND_VERSION "unknown"
#endif

typedef struct {
    const char *name, *arguments, *blurb;
    int (*run)(int argc, char **argv);
} Command;

static int run_bench(int argc, char **argv);
static int run_parity(int argc, char **argv);

static const Command commands[] = {
    {"restore", "IN... -o OUT --task TASK", "restore pictures", mend_cli_restore},
    {"detect", "IN...", "say what is wrong with pictures", mend_cli_detect},
    {"eval", "DIR --task TASK", "restore DIR/lq and score it against DIR/gt", mend_cli_eval},
    {"generate", "-o OUT", "draw textures", mend_cli_generate},
    {"devices", "", "list what can compute", mend_cli_devices},
    {"models", "", "list the installed models", mend_cli_models},
    {"check", "FILE", "examine a model file", mend_cli_check},
    {"bench", "MODEL | nfe DIR | dlg", "time a network; or quality against evaluations", run_bench},
    {"parity", "THING FILE...", "compare with recorded numbers of others", run_parity},
    {NULL, NULL, NULL, NULL},
};

static const Command parities[] = {
    {"sampler", "CASES.json TENSORS.safetensors [--json]", "", mend_parity_sampler},
    {"integrators", "FILE.json... [--json]", "", mend_parity_integrators},
    {"network", "CONFIG.json WEIGHTS.safetensors IO.safetensors [--device ID] [--json]", "",
     mend_parity_network},
    {NULL, NULL, NULL, NULL},
};

static const Command *
find(const Command *table, const char *name)
{
    for (const Command *command = table; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}

static int
run_bench(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "nfe") == 0)
        return mend_cli_nfe(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "dlg") == 0)
        return mend_cli_dlg(argc - 1, argv + 1);
    return mend_bench_main(argc - 1, argv + 1);
}

static int
run_parity(int argc, char **argv)
{
    const Command *parity = argc > 1 ? find(parities, argv[1]) : NULL;
    if (parity)
        return parity->run(argc - 2, argv + 2);
    gboolean asked = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    FILE *to = asked ? stdout : stderr;
    fprintf(to, "usage:\n");
    for (parity = parities; parity->name; parity++)
        fprintf(to, "  mend parity %s %s\n", parity->name, parity->arguments);
    return asked ? MEND_EXIT_OK : MEND_EXIT_USAGE;
}

static gboolean
print_help(void)
{
    gboolean good = mend_cli_print("mend %s restores damaged photographs.\n\n", MEND_VERSION);
    for (const Command *command = commands; command->name && good; command++)
        good = mend_cli_print("  mend %-8s %-26s %s\n", command->name, command->arguments,
                              command->blurb);
    return good &&
           mend_cli_print(
               "\nmend COMMAND --help says more. All take --json.\n"
               "Exit status: 0 all is well; 1 it failed; 2 wrong usage, or an option, model or "
               "device\n"
               "that does not exist; 3 stopped by Ctrl-C; 4 some of several pictures failed.\n"
               "Environment: MEND_MODELS folders of models instead of the installed ones; "
               "MEND_DEVICE the\n"
               "device taken for \"auto\".\n");
}

/* Models lie beside an installed program, and two folders above one in the build folder. */
static void
add_folders_beside(const char *program)
{
    static const char *const places[] = {"weights", "../weights", "../../weights"};
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (!self)
        self = g_find_program_in_path(program);
    g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
    for (size_t i = 0; folder && i < G_N_ELEMENTS(places); i++) {
        g_autofree char *place = g_build_filename(folder, places[i], NULL);
        g_autofree char *path = g_canonicalize_filename(place, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            mend_models_add_folder(path);
    }
}

int
main(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: numbers are the same everywhere */
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return print_help() ? MEND_EXIT_OK : MEND_EXIT_FAILED;
    if (strcmp(name, "--version") == 0)
        return mend_cli_print("mend %s\n", MEND_VERSION) ? MEND_EXIT_OK : MEND_EXIT_FAILED;
    const Command *command = find(commands, name);
    if (!command) {
        fprintf(stderr, "mend: There is no command “%s”. See mend --help.\n", name);
        return MEND_EXIT_USAGE;
    }
    add_folders_beside(argv[0]);
    return command->run(argc - 1, argv + 1);
}
