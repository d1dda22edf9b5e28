/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model files: where they are, what they say of themselves. No array is touched here.
 *
 * Metadata of a model file (safetensors "__metadata__", all values strings):
 *   mend.format "1" · mend.kind "restoration", or none (for "texture": compute/texture.h) ·
 *   mend.id · mend.label · mend.network "nafnet" · mend.tasks "noise,jpeg" (rows
 *   of the task table, in order) · mend.offered "noise,jpeg" (those good enough to offer) ·
 *   mend.attention "pixel"|"global" · mend.residual "mean"|"none" · mend.mean "identity", or
 *   one name of mend_means[] for each of the tasks, "identity,dark-channel", where "overview:" may
 *   stand before a name (compute/overview.h), but not before "wiener" (compute/wiener.h) ·
 *   mend.prediction "clean"|"noise"|"velocity" · mend.theta "cosine" · mend.tables "shifted" ·
 *   mend.T · mend.max_sigma · mend.eps · mend.sampler "mr-ode-2" · mend.grid "linspace" ·
 *   mend.steps "1,2,5" (Fast, Good, Best) · mend.licence · mend.source · mend.training ·
 *   mend.quality.<task> (one line, measured) · mend.preset.<task> (compute/preset.h; without it
 *   mend.sampler on mend.grid at mend.steps) · mend.dct.<task> (what the network leaves of noise
 *   is denoised by cosine transforms, compute/dct.h, sigma being so many times what it took, at
 *   most MEND_DCT_MOST, up to 10; without it not) · mend.everywhere.<task> (such damage lies over
 *   all of a picture: where the network changes the middle of its windows by no more than so many
 *   255ths there is none, compute/presence.h, up to 255; without it that is not judged) ·
 *   mend.coarse.<task> (the result's colours are restored once more in a picture made so many times
 *   smaller, 2 to 16, compute/coarse.h, where mend.mean is "identity"; without it not).
 * A detection model (mend.network "context") has of these only format, id, label, network, tasks
 * (its classes: ids of mend_tasks[], and MEND_CLEAN), licence, source, training, quality. */
#pragma once

#include "compute/mean.h"
#include "compute/preset.h"
#include "compute/sampler.h"

G_BEGIN_DECLS

typedef struct {
    const char *id;    /* "noise": option value and metadata */
    const char *label; /* "Remove noise", translatable: menu and dialog */
    const char *verb;  /* "denoise": the thin procedure is plug-in-mend-<verb> */
    const char *blurb; /* one sentence, translatable */
} MendTask;
extern const MendTask mend_tasks[]; /* all ten, ends with id == NULL; ids: motion-blur haze jpeg
                                     * low-light noise raindrop rain shadow snow inpainting */
const MendTask *mend_task_find(const char *id); /* or NULL */

#define MEND_CLEAN    "clean"     /* class of a detection model: nothing is wrong */
#define MEND_OVERVIEW "overview:" /* before a mean's name in mend.mean */

typedef struct {
    char *path, *id, *label, *network, *sampler, *licence, *source, *training;
    char **tasks;           /* rows of the task table, NULL-terminated */
    char **offered;         /* subset of tasks, NULL-terminated */
    char **quality;         /* one line for each of tasks, "" where none */
    const MendMean **means; /* one for each of tasks */
    guint64 overview;       /* bit i: task i has an overview, which starts from means[i] */
    gboolean
        detector; /* names the damage and restores nothing: mend.network is "context", tasks are
                        * its classes, and all that follows and sampler, offered, means is empty */
    gboolean global_attention, residual;
    MendPrediction prediction;
    MendScheduleParams schedule;
    MendGrid grid;
    int steps[3];         /* of tasks without presets of their own: Fast, Good, Best */
    MendPresets *presets; /* one for each of tasks */
    double *dct;          /* one for each of tasks; 0: none */
    double *everywhere;   /* one for each of tasks; 0: not judged */
    int *coarse;          /* one for each of tasks; 0: not */
    guint64 bytes;        /* size of the file */
} MendModelInfo;

/* Reads a file's metadata. MEND_ERROR_WEIGHTS names the key that is missing or wrong;
 * MEND_ERROR_UNSUPPORTED: a model of another kind, which lists leave out. */
MendModelInfo *mend_model_read(const char *path, GError **error);
void mend_model_info_free(MendModelInfo *info);                            /* NULL is allowed */
gboolean mend_model_has_task(const MendModelInfo *info, const char *task); /* offered */
int mend_model_task_row(const MendModelInfo *info, const char *task);      /* or -1 */

/* All readable models: the folders of MEND_MODELS (separated like PATH) where set; else
 * $XDG_DATA_HOME/mend/models, so that a user's own come first, then those added with
 * mend_models_add_folder(), then the installed folder.
 * Of two files with one id the first counts. Unreadable files are left out and reported in problems
 * (may be NULL), one line each. Elements MendModelInfo, freed with the array. */
GPtrArray *mend_models_list(GPtrArray **problems);
/* The same for detection models, which are not in the other list. */
GPtrArray *mend_detectors_list(void);
void mend_models_add_folder(const char *folder);
/* Those folders, best first, and the paths of all model files in them. Freed with the array. */
GPtrArray *mend_models_folders(void);
GPtrArray *mend_models_files(void);

/* The model for a task. name: "auto" (NULL, ""): the first that offers it; else an id or a path.
 * MEND_ERROR_OPTION: unknown name (the known ones are named) or the model cannot do the task;
 * MEND_ERROR_WEIGHTS: no installed model offers the task. Owned by the caller. */
MendModelInfo *mend_model_choose(const char *task, const char *name, GError **error);

/* The first detection model; MEND_ERROR_WEIGHTS where there is none. Owned by the caller. */
MendModelInfo *mend_model_choose_detector(GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendModelInfo, mend_model_info_free)

G_END_DECLS
