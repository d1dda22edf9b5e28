/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can set, once: a row here makes the command line's flag, GIMP's argument, the
 * dialog's widget and the help. Thread: safe. */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

typedef struct {
    char task[32];        /* id of mend_tasks[], or "auto": the one detected (compute/detect.h) */
    int steps;            /* network evaluations; 0: the model's Good preset for the task */
    char sampler[32];     /* name of mend_samplers[], or "auto": the preset's (compute/preset.h) */
    double strength;      /* 0..1; 0 gives back exactly what came */
    int seed;             /* >= 0 */
    char device[64];      /* id, or "auto" */
    char output[16];      /* "new-layer", "in-place", "new-image"; GIMP only */
    char model[256];      /* id or path, or "auto" */
    int tile;             /* pixels, 0: automatic; command line only */
    int alternatives;     /* further restorations beside the result, 0..64 */
    double variety;       /* 0..1: how far these may go, compute/alternatives.h */
    gboolean uncertainty; /* a map of how far they differ */
    double grain;         /* 0..1: texture for what fills a hole, compute/grain.h; above 0
                          * also structure where it is wide, compute/exemplar.h */
    char grid[32];        /* of mend_grid_names[], or "auto": the preset's; command line only */
} MendOptions;

typedef enum {
    MEND_OPTION_CHOICE, /* char[]: one of a fixed list */
    MEND_OPTION_NAME,   /* char[]: checked when used (device, model) */
    MEND_OPTION_INT,
    MEND_OPTION_DOUBLE,
    MEND_OPTION_BOOL, /* gboolean: "yes" or "no" */
} MendOptionType;

typedef enum { MEND_FOR_CLI = 1, MEND_FOR_GIMP = 2 } MendOptionScope;

typedef struct {
    const char *name;  /* "strength": flag and argument */
    const char *label; /* "_Strength", translatable, with mnemonic */
    const char *blurb; /* one sentence, translatable */
    MendOptionType type;
    MendOptionScope scope; /* bits */
    size_t offset, size;   /* into MendOptions; size of the field */
    double min, max;       /* numbers */
    const char *fallback;  /* default, as text */
    /* CHOICE: the value at an index, NULL past the end; label (may be NULL) gets what users see. */
    const char *(*choice)(int index, const char **label);
} MendOption;

extern const MendOption mend_options[]; /* ends with name == NULL */
const MendOption *mend_option_find(const char *name);

void mend_options_init(MendOptions *options); /* all defaults */
/* Sets one from text. MEND_ERROR_OPTION names the option, the value and what is allowed. */
gboolean mend_options_set(MendOptions *options, const char *name, const char *text, GError **error);
/* The present value as text. Owned by the caller. set(get()) changes nothing. */
char *mend_options_get(const MendOptions *options, const char *name);
gboolean mend_options_equal(const MendOptions *a, const MendOptions *b);
/* Ranges and choices of all; a missing task is an error. For options filled by hand. */
gboolean mend_options_check(const MendOptions *options, GError **error);

/* The same for any table of rows, and the structure that their offsets are into. */
const MendOption *mend_fields_find(const MendOption *rows, const char *name);
void mend_fields_init(const MendOption *rows, gpointer fields);
gboolean mend_fields_set(const MendOption *rows, gpointer fields, const char *name,
                         const char *text, GError **error);
char *mend_fields_get(const MendOption *rows, gconstpointer fields, const char *name);

G_END_DECLS
