/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compute first, commit after, the same way in every run mode. */
#include "plugin/run.h"

#include "compute/error.h"
#include "compute/job.h"
#include "compute/model.h"
#include "plugin/call.h"
#include "plugin/commit.h"
#include "plugin/dialog.h"
#include "plugin/procedures.h"
#include "plugin/source.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define UPDATE_FRACTION 0.005 /* each update of GIMP's bar is a trip over the pipe */
#define UPDATE_SECONDS  1.0

struct MendRun {
    GimpProcedure *procedure; /* borrowed */
    GimpImage *image;         /* borrowed */
    MendPiece *pieces;
    int n_pieces;
    MendOptions options;
    char *note;
    /* While computing: */
    const MendRunWatch *watch;
    GMainLoop *loop;
    MendJob *job;
    GError *failure; /* of the present job */
    int current;     /* piece */
    gboolean cancelled, computed;
    GimpChannel *mask;      /* of the caller's own, or NULL; owned */
    double area, area_done; /* pixels of all pieces, and of those finished */
    gint64 started, updated;
    double shown; /* fraction in GIMP's bar */
};

MendRun *
mend_run_new(GimpProcedure *procedure, GimpImage *image, GimpDrawable **drawables)
{
    MendRun *run = g_new0(MendRun, 1);
    run->procedure = procedure;
    run->image = image;
    run->n_pieces = (int)gimp_core_object_array_get_length((GObject **)drawables);
    run->pieces = g_new0(MendPiece, (gsize)run->n_pieces);
    for (int i = 0; i < run->n_pieces; i++)
        run->pieces[i].drawable = drawables[i];
    return run;
}

void
mend_run_free(MendRun *run)
{
    if (!run)
        return;
    for (int i = 0; i < run->n_pieces; i++)
        mend_piece_clear(&run->pieces[i]);
    g_clear_object(&run->mask);
    g_free(run->pieces);
    g_free(run->note);
    g_free(run);
}

const char *
mend_run_note(const MendRun *run)
{
    return run->note ? run->note : "";
}

/* Adds a line to the note, once. */
static void
add_note(MendRun *run, const char *line)
{
    if (!*line || strstr(mend_run_note(run), line))
        return;
    char *note = run->note ? g_strdup_printf("%s\n%s", run->note, line) : g_strdup(line);
    g_free(run->note);
    run->note = note;
}

static char *
progress_text(const MendRun *run, double seconds)
{
    const MendTask *task = mend_task_find(run->options.task);
    const char *label = task ? _(task->label) : _("Restore");
    if (seconds < 0)
        return g_strdup_printf(_("%s…"), label);
    if (seconds < 100)
        return g_strdup_printf(_("%s: about %.0f s left"), label, seconds);
    return g_strdup_printf(_("%s: about %.0f min left"), label, seconds / 60);
}

static void
on_progress(const MendProgress *progress, gpointer data)
{
    MendRun *run = data;
    const GeglRectangle *part = &run->pieces[run->current].pixels.rect;
    const gint64 now = g_get_monotonic_time();
    double area = (double)part->width * part->height;
    MendProgress whole = *progress;
    whole.fraction = (run->area_done + progress->fraction * area) / run->area;
    if (run->n_pieces > 1 && whole.fraction > UPDATE_FRACTION)
        whole.seconds_left =
            (double)(now - run->started) / G_USEC_PER_SEC * (1 / whole.fraction - 1);
    if (progress->note)
        add_note(run, progress->note);
    g_autofree char *text = progress_text(run, whole.seconds_left);
    if (whole.fraction - run->shown >= UPDATE_FRACTION ||
        now - run->updated >= (gint64)(UPDATE_SECONDS * G_USEC_PER_SEC)) {
        gimp_progress_set_text(text);
        gimp_progress_update(whole.fraction);
        run->shown = whole.fraction;
        run->updated = now;
    }
    if (run->watch && run->watch->progress)
        run->watch->progress(&whole, text, run->watch->data);
}

static void
note_detection(MendRun *run, const MendPiece *piece)
{
    const MendTask *task = mend_task_find(piece->info.task);
    g_autofree char *name = gimp_item_get_name(GIMP_ITEM(piece->drawable));
    /* Translators: the name of a layer, a task, how likely */
    g_autofree char *line =
        g_strdup_printf(_("%s: detected “%s” (%.0f %%)."), name,
                        task ? _(task->label) : piece->info.task, piece->info.confidence * 100);
    add_note(run, line);
}

static void
note_absence(MendRun *run, const MendRestoreInfo *info)
{
    const MendTask *task = mend_task_find(info->task);
    if (!info->absent || !task)
        return;
    g_autofree char *line = g_strdup_printf(
        _("%s: there is hardly any such damage in the picture, so it stays as it is, or nearly. "
          "What is selected is restored in any case."),
        _(task->label));
    add_note(run, line);
}

static void
on_alternative(MendTensor picture, int number, gpointer data)
{
    MendRun *run = data;
    MendPiece *piece = &run->pieces[run->current];
    (void)number;
    if (!run->failure)
        mend_variants_add(&piece->variants, &piece->pixels, picture, run->options.strength == 0,
                          &run->failure);
}

static void
on_uncertainty(MendTensor deviation, const MendAlternativesInfo *about, gpointer data)
{
    MendRun *run = data;
    MendPiece *piece = &run->pieces[run->current];
    if (!run->failure)
        mend_variants_set_map(&piece->variants, &piece->pixels, deviation, about, &run->failure);
}

static void
on_done(MendTensor result, const MendRestoreInfo *info, const GError *error, gpointer data)
{
    MendRun *run = data;
    MendPiece *piece = &run->pieces[run->current];
    if (error) {
        run->failure = g_error_copy(error);
    } else if (!run->failure) { /* none of an alternative before */
        piece->info = *info;
        piece->options = run->options;
        g_strlcpy(piece->options.task, info->task, sizeof piece->options.task);
        if (info->confidence > 0)
            note_detection(run, piece);
        note_absence(run, info);
        add_note(run, info->note);
        /* At strength 0 nothing is taken: what came goes back bit for bit, whatever its format. */
        if (run->options.strength > 0)
            mend_pixels_take(&piece->pixels, result, &run->failure);
    }
    g_main_loop_quit(run->loop);
}

/* Whole where several drawables are computed; the sum of pixels is what progress counts. */
static gboolean
check_pieces(MendRun *run, GError **error)
{
    run->area = run->area_done = 0;
    for (int i = 0; i < run->n_pieces; i++) {
        if (!mend_source_check(run->pieces[i].drawable, run->options.output, error))
            return FALSE;
        int x, y, w = 0, h = 0;
        gimp_drawable_mask_intersect(run->pieces[i].drawable, &x, &y, &w, &h);
        run->area += (double)w * h;
    }
    return TRUE;
}

/* A mask or channel that is replaced has no place for layers above it. */
static void
hear_alternatives(MendRun *run, MendPiece *piece, MendJobEvents *events)
{
    const MendOptions *options = &run->options;
    mend_variants_clear(&piece->variants);
    if (options->alternatives == 0 && !options->uncertainty)
        return;
    if (!GIMP_IS_LAYER(piece->drawable) && strcmp(options->output, "new-image") != 0) {
        add_note(run, _("A mask or channel is restored in place and has no room for alternatives. "
                        "The output “New image” has."));
        return;
    }
    events->alternative = on_alternative;
    events->uncertainty = on_uncertainty;
}

/* A layer above one that is blended into the image hides what it was blended with. */
static void
note_blending(MendRun *run, GimpDrawable *drawable, const char *name)
{
    if (!GIMP_IS_LAYER(drawable) || strcmp(run->options.output, "new-layer") != 0)
        return;
    GimpLayerMode mode = gimp_layer_get_mode(GIMP_LAYER(drawable));
    gboolean plain = mode == GIMP_LAYER_MODE_NORMAL || mode == GIMP_LAYER_MODE_NORMAL_LEGACY ||
                     mode == GIMP_LAYER_MODE_PASS_THROUGH;
    if (plain && gimp_layer_get_opacity(GIMP_LAYER(drawable)) >= 100)
        return;
    g_autofree char *line =
        g_strdup_printf(_("“%s” has a mode or an opacity of its own, the layer above it has not. "
                          "Give it the same and hide “%s”."),
                        name, name);
    add_note(run, line);
}

/* What may not be as the user thinks. has_mask: a hole is given. */
static void
note_surprises(MendRun *run, const MendPiece *piece, gboolean has_mask)
{
    const MendOptions *options = &run->options;
    g_autofree char *name = gimp_item_get_name(GIMP_ITEM(piece->drawable));
    if (strcmp(options->task, "inpainting") == 0 && !has_mask)
        add_note(run, _("Nothing is selected, so what is white was filled in. Select the hole to "
                        "fill in that."));
    if (!GIMP_IS_LAYER(piece->drawable) && strcmp(options->output, "new-layer") == 0) {
        g_autofree char *line = g_strdup_printf(
            _("“%s” is no layer, so it was restored in place. Where the picture was meant, undo "
              "and select its layer."),
            name);
        add_note(run, line);
    }
    note_blending(run, piece->drawable, name);
}

static gboolean
compute_piece(MendRun *run, GError **error)
{
    MendPiece *piece = &run->pieces[run->current];
    const MendOptions *options = &run->options;
    MendPixels *pixels = &piece->pixels;
    MendJobEvents events = {.progress = on_progress, .done = on_done, .data = run};
    if (!mend_source_read(piece->drawable, options, pixels, error) ||
        !mend_source_read_mask(piece->drawable, options, run->mask, pixels->context, &events.mask,
                               error))
        return FALSE;
    GError *failure = NULL;
    g_clear_object(&piece->selection);
    piece->selection = mend_source_selection(piece->drawable, &pixels->rect, &failure);
    if (failure) {
        mend_tensor_clear(&events.mask);
        g_propagate_error(error, failure);
        return FALSE;
    }
    events.x0 = pixels->context.x;
    events.y0 = pixels->context.y;
    events.marked = !gimp_selection_is_empty(run->image);
    hear_alternatives(run, piece, &events);
    note_surprises(run, piece, events.mask.data != NULL);
    run->job = mend_job_start_with(&pixels->rgb, options, events, error);
    if (!run->job)
        return FALSE;
    if (run->cancelled)
        mend_job_cancel(run->job);
    g_main_loop_run(run->loop);
    g_clear_pointer(&run->job, mend_job_free);
    run->area_done += (double)piece->pixels.rect.width * piece->pixels.rect.height;
    if (!run->failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&run->failure));
    return FALSE;
}

/* A commit that failed can be tried again without another computation. */
static gboolean
has_computed(const MendRun *run, const MendOptions *options)
{
    gboolean has = run->computed && mend_options_equal(&run->options, options);
    for (int i = 0; has && i < run->n_pieces; i++) {
        const MendPiece *piece = &run->pieces[i];
        has = !mend_source_moved(piece->drawable, &piece->pixels.rect, piece->selection) &&
              mend_source_still(piece->drawable, options->output, &piece->pixels);
    }
    return has;
}

gboolean
mend_run_compute(MendRun *run, const MendOptions *options, const MendRunWatch *watch,
                 GError **error)
{
    if (has_computed(run, options))
        return TRUE;
    run->options = *options;
    run->watch = watch;
    run->cancelled = run->computed = FALSE;
    g_clear_pointer(&run->note, g_free);
    if (!mend_options_check(options, error) || !check_pieces(run, error))
        return FALSE;
    g_autofree char *text = progress_text(run, -1);
    gimp_progress_init(text);
    run->started = run->updated = g_get_monotonic_time();
    run->shown = 0;
    run->loop = g_main_loop_new(NULL, FALSE);
    gboolean ok = TRUE;
    for (run->current = 0; ok && run->current < run->n_pieces; run->current++)
        ok = compute_piece(run, error);
    g_clear_pointer(&run->loop, g_main_loop_unref);
    run->watch = NULL;
    gimp_progress_end();
    run->computed = ok;
    if (gimp_image_get_base_type(run->image) == GIMP_INDEXED &&
        strcmp(options->output, "new-image") != 0)
        add_note(run, _("The image is indexed: the result takes the colours of its palette. The "
                        "output “New image” keeps all colours."));
    return ok;
}

void
mend_run_cancel(MendRun *run)
{
    run->cancelled = TRUE;
    if (run->job)
        mend_job_cancel(run->job);
}

gboolean
mend_run_commit(MendRun *run, GPtrArray *layers, GError **error)
{
    gboolean moved = FALSE;
    for (int i = 0; i < run->n_pieces; i++) {
        const MendPiece *piece = &run->pieces[i];
        moved |= mend_source_in_place(piece->drawable, run->options.output) &&
                 mend_source_moved(piece->drawable, &piece->pixels.rect, piece->selection);
    }
    if (moved)
        add_note(run, _("The selection was changed meanwhile. Pixels were replaced where both the "
                        "former and the present one are."));
    return mend_pieces_commit(run->pieces, run->n_pieces, run->image,
                              gimp_procedure_get_name(run->procedure), run->options.output, layers,
                              error);
}

static void
stop(gpointer run)
{
    mend_run_cancel(run);
}

static gboolean
run_unattended(MendRun *run, GimpProcedureConfig *config, GError **error)
{
    MendOptions options;
    if (!mend_procedure_options(run->procedure, config, &options, error))
        return FALSE;
    g_object_get(config, MEND_MASK_ARGUMENT, &run->mask, NULL);
    if (run->mask && gimp_item_get_image(GIMP_ITEM(run->mask)) != run->image) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    _("The mask is not a channel of this image."));
        return FALSE;
    }
    MendSignals *signals = mend_signals_watch(stop, run);
    gboolean ok = mend_run_compute(run, &options, NULL, error);
    mend_signals_unwatch(signals);
    return ok;
}

/* Shows what came out. A script without a display needs only the note. */
static void
present(MendRun *run, GimpRunMode mode, GPtrArray *layers)
{
    if (mode == GIMP_RUN_NONINTERACTIVE) {
        if (*mend_run_note(run))
            g_printerr("Mend: %s\n", mend_run_note(run));
        return;
    }
    if (strcmp(run->options.output, "new-image") == 0)
        gimp_display_new(gimp_item_get_image(layers->pdata[0]));
    gimp_displays_flush();
    if (*mend_run_note(run))
        gimp_message(mend_run_note(run));
}

GimpValueArray *
mend_run(GimpProcedure *procedure, GimpRunMode mode, GimpImage *image, GimpDrawable **drawables,
         GimpProcedureConfig *config, gpointer data G_GNUC_UNUSED)
{
    GError *error = NULL;
    gegl_init(NULL, NULL);
    g_autoptr(MendRun) run = mend_run_new(procedure, image, drawables);
    g_autoptr(GPtrArray) layers = g_ptr_array_new();
    gboolean ok = run->n_pieces > 0;
    if (!ok)
        g_set_error(&error, MEND_ERROR, MEND_ERROR_OPTION, _("No drawable was given."));
    else if (mode == GIMP_RUN_INTERACTIVE)
        ok = mend_dialog_run(procedure, config, drawables, run, layers, &error);
    else
        ok = run_unattended(run, config, &error) && mend_run_commit(run, layers, &error);
    if (!ok)
        return mend_call_failed(procedure, mode, error);
    present(run, mode, layers);
    GimpValueArray *values = gimp_procedure_new_return_values(procedure, GIMP_PDB_SUCCESS, NULL);
    int n_layers = (int)layers->len;
    g_ptr_array_add(layers, NULL);
    GIMP_VALUES_SET_CORE_OBJECT_ARRAY(values, 1, layers->pdata);
    GIMP_VALUES_SET_INT(values, 2, n_layers);
    return values;
}
