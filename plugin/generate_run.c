/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call of plug-in-mend-generate. */
#include "plugin/generate_run.h"

#include "compute/error.h"
#include "plugin/call.h"
#include "plugin/generate.h"
#include "plugin/generate_dialog.h"
#include "plugin/pattern.h"
#include "plugin/place.h"

#include <gegl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define UPDATE_FRACTION 0.005 /* each update of GIMP's bar is a trip over the pipe */
#define UPDATE_SECONDS  1.0

/* One call, and what became of it. */
typedef struct {
    GimpProcedureConfig *config;
    GimpImage *image;
    GimpDrawable **drawables;
    MendGenerateSettings settings;
    MendPlace place;
    GimpImage *made;   /* a new image, or NULL */
    GimpImage *holder; /* the image that has the layers; NULL: patterns */
    GPtrArray *layers; /* borrowed */
    int n_pictures;
} Call;

/* A run without a dialog. */
typedef struct {
    MendSession *session;
    GMainLoop *loop;
    GPtrArray *made; /* MendVariation */
    int count;
    GError *failure;
    char *note;
    gint64 started, updated;
    double shown; /* fraction in GIMP's bar */
} Batch;

static char *
progress_text(const Batch *batch, double fraction)
{
    double seconds = (double)(g_get_monotonic_time() - batch->started) / G_USEC_PER_SEC;
    double left = fraction > 0 ? seconds * (1 / fraction - 1) : 0;
    int number = MIN((int)batch->made->len + 1, batch->count);
    if (fraction <= 0)
        return g_strdup_printf(_("Texture %d of %d…"), number, batch->count);
    if (left < 100)
        return g_strdup_printf(_("Texture %d of %d: about %.0f s left"), number, batch->count,
                               left);
    return g_strdup_printf(_("Texture %d of %d: about %.0f min left"), number, batch->count,
                           left / 60);
}

static void
on_progress(int number, double part, const char *device, gpointer data)
{
    (void)number, (void)device;
    Batch *batch = data;
    const gint64 now = g_get_monotonic_time();
    double fraction = MIN(((double)batch->made->len + part) / batch->count, 1);
    if (fraction - batch->shown < UPDATE_FRACTION &&
        now - batch->updated < (gint64)(UPDATE_SECONDS * G_USEC_PER_SEC))
        return;
    g_autofree char *text = progress_text(batch, fraction);
    gimp_progress_set_text(text);
    gimp_progress_update(fraction);
    batch->shown = fraction;
    batch->updated = now;
}

static void
on_picture(MendVariation *variation, const char *note, gpointer data)
{
    Batch *batch = data;
    g_ptr_array_add(batch->made, variation);
    g_free(batch->note);
    batch->note = g_strdup(note);
    if ((int)batch->made->len == batch->count)
        g_main_loop_quit(batch->loop);
}

static void
on_failed(int number, const GError *error, gpointer data)
{
    (void)number;
    Batch *batch = data;
    if (!batch->failure)
        batch->failure = g_error_copy(error);
    g_main_loop_quit(batch->loop);
}

static void
stop(gpointer data)
{
    g_autoptr(GError) error = g_error_new_literal(MEND_ERROR, MEND_ERROR_CANCELLED, _("Stopped."));
    on_failed(0, error, data);
}

static gboolean
make_all(Batch *batch, const MendGenerateOptions *options, GError **error)
{
    MendSessionEvents events = {on_progress, on_picture, on_failed, batch, FALSE};
    batch->session = mend_session_new(options, &events, error);
    if (!batch->session)
        return FALSE;
    for (int i = 0; i < batch->count; i++)
        mend_session_wish(batch->session, &(MendWish){MEND_WISH_NEXT, 0, options->similarity});
    g_autofree char *text = progress_text(batch, 0);
    gimp_progress_init(text);
    MendSignals *signals = mend_signals_watch(stop, batch);
    g_main_loop_run(batch->loop);
    mend_signals_unwatch(signals);
    g_clear_pointer(&batch->session, mend_session_free);
    gimp_progress_end();
    if (!batch->failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&batch->failure));
    return FALSE;
}

/* Says it where it will be heard. */
static void
tell(GimpRunMode mode, const char *text)
{
    if (mode == GIMP_RUN_NONINTERACTIVE)
        g_printerr("Mend: %s\n", text);
    else
        gimp_message(text);
}

/* The pictures that options ask for, MendVariation; NULL on failure. */
static GPtrArray *
make_unattended(const MendGenerateOptions *options, GimpRunMode mode, GError **error)
{
    Batch batch = {.count = options->count};
    batch.started = batch.updated = g_get_monotonic_time();
    batch.loop = g_main_loop_new(NULL, FALSE);
    batch.made = g_ptr_array_new_with_free_func((GDestroyNotify)mend_variation_free);
    gboolean ok = make_all(&batch, options, error);
    g_main_loop_unref(batch.loop);
    if (ok && batch.note && *batch.note)
        tell(mode, batch.note);
    g_free(batch.note);
    if (ok)
        return batch.made;
    g_ptr_array_unref(batch.made);
    return NULL;
}

/* All of them or none. */
static gboolean
save_patterns(const GPtrArray *made, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    gboolean ok = TRUE;
    for (guint i = 0; ok && i < made->len; i++) {
        char *path = mend_pattern_save(made->pdata[i], error);
        ok = path != NULL;
        if (ok)
            g_ptr_array_add(paths, path);
    }
    for (guint i = 0; !ok && i < paths->len; i++)
        g_unlink(paths->pdata[i]);
    mend_patterns_refresh();
    return ok;
}

/* Shows what came out; patterns are seen nowhere at first. */
static void
present(GimpImage *made_image, int n_patterns)
{
    if (made_image)
        gimp_display_new(made_image);
    gimp_displays_flush();
    if (n_patterns > 0) {
        g_autofree char *text = g_strdup_printf(
            ngettext("%d pattern was added to GIMP's patterns.",
                     "%d patterns were added to GIMP's patterns.", (gulong)n_patterns),
            n_patterns);
        gimp_message(text);
    }
}

static gboolean
find_place(Call *call, GError **error)
{
    return mend_generate_read(call->config, &call->settings, error) &&
           mend_place_find(&call->place, &call->settings, call->image, call->drawables, error);
}

static gboolean
put(Call *call, const GPtrArray *pictures, GError **error)
{
    gboolean patterns = strcmp(call->settings.output, "pattern") == 0;
    call->n_pictures = (int)pictures->len;
    if (patterns)
        return save_patterns(pictures, error);
    if (!mend_place_layers(&call->place, pictures, call->layers, &call->made, error))
        return FALSE;
    call->holder = call->made ? call->made : call->place.image;
    return TRUE;
}

/* Where the settings say now. */
static gboolean
place_pictures(const GPtrArray *pictures, gpointer data, GError **error)
{
    return find_place(data, error) && put(data, pictures, error);
}

/* Where they said at first: what the pictures are as large as. */
static gboolean
run_unattended(Call *call, GimpRunMode mode, GError **error)
{
    MendGenerateOptions options;
    if (!find_place(call, error) ||
        !mend_generate_settings_options(&call->settings, call->place.width, call->place.height,
                                        &options, error))
        return FALSE;
    g_autoptr(GPtrArray) pictures = make_unattended(&options, mode, error);
    return pictures && put(call, pictures, error);
}

static GimpValueArray *
succeeded(GimpProcedure *procedure, const Call *call)
{
    GimpValueArray *values = gimp_procedure_new_return_values(procedure, GIMP_PDB_SUCCESS, NULL);
    g_ptr_array_add(call->layers, NULL);
    GIMP_VALUES_SET_CORE_OBJECT_ARRAY(values, 1, call->layers->pdata);
    GIMP_VALUES_SET_INT(values, 2, call->n_pictures);
    GIMP_VALUES_SET_IMAGE(values, 3, call->holder);
    return values;
}

GimpValueArray *
mend_generate_run(GimpProcedure *procedure, GimpRunMode mode, GimpImage *image,
                  GimpDrawable **drawables, GimpProcedureConfig *config,
                  gpointer data G_GNUC_UNUSED)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) layers = g_ptr_array_new();
    Call call = {.config = config, .image = image, .drawables = drawables, .layers = layers};
    gegl_init(NULL, NULL);
    gboolean ok = mode == GIMP_RUN_INTERACTIVE
                      ? mend_generate_dialog_run(procedure, config, image, drawables,
                                                 place_pictures, &call, &error)
                      : run_unattended(&call, mode, &error);
    if (!ok)
        return mend_call_failed(procedure, mode, error);
    if (mode != GIMP_RUN_NONINTERACTIVE)
        present(call.made, call.holder ? 0 : call.n_pictures);
    if (call.holder && gimp_image_get_base_type(call.holder) == GIMP_INDEXED)
        tell(mode, _("The image is indexed: textures take the colours of its palette. Without an "
                     "image, or as patterns, they keep all colours."));
    return succeeded(procedure, &call);
}
