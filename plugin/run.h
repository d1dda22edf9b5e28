/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call of a procedure: pixels are read, restored by a job, and only then is the image touched.
 * A kill while computing (GIMP's own Cancel is one) leaves nothing in the image; from the dialog of
 * a layer with effects, GIMP keeps an unseen copy (MendSource.scratch) until it ends. Thread: main
 * only. */
#pragma once

#include "compute/restore.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

typedef struct MendRun MendRun;

/* Told while mend_run_compute() runs, on the main context; GIMP's progress bar is served anyway. */
typedef struct {
    /* progress: of the whole run, all drawables together; text: what GIMP's bar says, e.g.
     * "Remove noise: about 17 s left". Both valid during the call. May be NULL. */
    void (*progress)(const MendProgress *progress, const char *text, gpointer data);
    gpointer data;
} MendRunWatch;

/* drawables: NULL-terminated; copied. */
MendRun *mend_run_new(GimpProcedure *procedure, GimpImage *image, GimpDrawable **drawables);
void mend_run_free(MendRun *run); /* NULL is allowed */

/* Reads and restores all drawables; iterates the default main context, so widgets stay alive, until
 * it is done. Nothing of the image changes. May be called again after a failure. watch may be NULL.
 * Errors: MEND_ERROR_OPTION, _CANCELLED, _WEIGHTS, ..., and MEND_ERROR_IMAGE where output cannot be
 * made from a drawable (locked, a group, a floating selection, outside of the selection). */
gboolean mend_run_compute(MendRun *run, const MendOptions *options, const MendRunWatch *watch,
                          GError **error);

/* From a callback during mend_run_compute(): returns at once, compute ends with
 * MEND_ERROR_CANCELLED within one network evaluation of a tile. */
void mend_run_cancel(MendRun *run);

/* What the user should know of the computed result (a device change, a palette), or "". Borrowed.
 */
const char *mend_run_note(const MendRun *run);

/* After a successful compute: puts the results into the image in one undo step. layers: gets the
 * GimpLayers made (borrowed). What can fail for want of memory is done before the image is
 * touched; where GIMP refuses a change after that, layers put in so far are taken out again, and
 * pixels replaced so far are in the undo step. After a failure the results are still there: it can
 * be called again, and so can compute, which with the same options, selection and pixels then has
 * nothing to do. */
gboolean mend_run_commit(MendRun *run, GPtrArray *layers, GError **error);

/* The run function of all procedures, for all run modes. */
GimpValueArray *mend_run(GimpProcedure *procedure, GimpRunMode mode, GimpImage *image,
                         GimpDrawable **drawables, GimpProcedureConfig *config, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendRun, mend_run_free)

G_END_DECLS
