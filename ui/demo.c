/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialogs' widgets without GIMP: a made-up noisy picture, and a job that blurs it slowly; or,
 * with the argument --textures, the dialog for generating, with the models of MEND_MODELS. */
#include <glib/gi18n-lib.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "ui/demo_settings.h"
#include "ui/generate_view.h"
#include "ui/view.h"

#define PICTURE_WIDTH  1500
#define PICTURE_HEIGHT 1000
#define JOB_TICKS      20
#define JOB_TICK_MS    40

/* The job: a picture, a timer, an answer. */
struct MendJob {
    MendTensor picture;
    MendJobEvents events;
    int ticks;
    gboolean cancelled;
    guint timer;
};

static MendTensor
blurred(MendTensor from)
{
    MendTensor to = mend_tensor_new(from.shape, NULL);
    int w = from.shape.w, h = from.shape.h;
    for (int i = 0; to.data && i < 3 * h * w; i++) {
        int x = i % w, y = i / w % h, n = 0;
        float sum = 0;
        for (int dy = -2; dy <= 2; dy++) {
            for (int dx = -2; dx <= 2; dx++) {
                if (x + dx < 0 || x + dx >= w || y + dy < 0 || y + dy >= h)
                    continue;
                sum += from.data[i + dy * w + dx];
                n++;
            }
        }
        to.data[i] = sum / (float)n;
    }
    return to;
}

static gboolean
tick(gpointer data)
{
    MendJob *job = data;
    job->ticks++;
    double fraction = (double)job->ticks / JOB_TICKS;
    MendProgress progress = {
        fraction, (JOB_TICKS - job->ticks) * JOB_TICK_MS / 1000.0, 0, 0, "Demo", NULL};
    if (!job->cancelled && job->ticks < JOB_TICKS) {
        if (job->events.progress)
            job->events.progress(&progress, job->events.data);
        return G_SOURCE_CONTINUE;
    }
    job->timer = 0;
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) result = {0};
    if (job->cancelled)
        g_set_error(&error, MEND_ERROR, MEND_ERROR_CANCELLED, "Cancelled.");
    else
        result = blurred(job->picture);
    job->events.done(result, &(MendRestoreInfo){0}, error, job->events.data);
    return G_SOURCE_REMOVE;
}

static MendJob *
job_start(MendTensor picture, const MendOptions *options, MendJobEvents events, GError **error)
{
    if (options->seed == 13) { /* to see what an error looks like */
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, "Seed 13 always fails in the demo.");
        return NULL;
    }
    MendJob *job = g_new0(MendJob, 1);
    job->picture = mend_tensor_new(picture.shape, NULL);
    memcpy(job->picture.data, picture.data, mend_shape_count(picture.shape) * sizeof(float));
    job->events = events;
    job->timer = g_timeout_add(JOB_TICK_MS, tick, job);
    return job;
}

static void
job_cancel(MendJob *job)
{
    job->cancelled = TRUE;
}

static void
job_free(MendJob *job)
{
    if (!job)
        return;
    g_clear_handle_id(&job->timer, g_source_remove);
    mend_tensor_clear(&job->picture);
    g_free(job);
}

/* Rings and rays with noise: something to see at every place. */
static float
pixel(int c, int x, int y, double noise)
{
    double dx = x - PICTURE_WIDTH * 0.6, dy = y - PICTURE_HEIGHT * 0.55, r = hypot(dx, dy);
    double rings = 0.5 + 0.28 * sin(r / (14 + r / 60) + c * 0.7);
    double rays = 0.18 * sin(9 * atan2(dy, dx) + c);
    guint32 hash = (guint32)x * 73856093u ^ (guint32)y * 19349663u ^ (guint32)c * 83492791u;
    hash = (hash ^ hash >> 13) * 1274126177u;
    return (float)(rings + rays + noise * ((hash >> 8 & 0xffff) / 65535.0 - 0.5));
}

static MendTensor
read_area(gpointer data, const GdkRectangle *area, GError **error)
{
    (void)data;
    MendTensor rgb = mend_tensor_new((MendShape){3, area->height, area->width}, error);
    float *out = rgb.data;
    for (int c = 0; out && c < 3; c++) {
        for (int y = 0; y < area->height; y++) {
            for (int x = 0; x < area->width; x++)
                *out++ = pixel(c, area->x + x, area->y + y, 0.35);
        }
    }
    return rgb;
}

static MendTensor
read_thumb(gpointer data, int width, int height, GError **error)
{
    (void)data;
    MendTensor rgb = mend_tensor_new((MendShape){3, height, width}, error);
    float *out = rgb.data;
    for (int c = 0; out && c < 3; c++) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++)
                *out++ = pixel(c, x * PICTURE_WIDTH / width, y * PICTURE_HEIGHT / height, 0);
        }
    }
    return rgb;
}

static gboolean
read_options(gpointer data, MendOptions *options, GError **error)
{
    return demo_settings_options(data, options, error);
}

static gboolean
detect(const MendGlance *glance, MendDetection *detection, GError **error)
{
    (void)glance, (void)error;
    *detection = (MendDetection){2, {{"noise", 0.87}, {"jpeg", 0.13}}};
    return TRUE;
}

/* The window, and a run of the whole picture that does nothing. */
typedef struct {
    GtkWidget *window, *ok;
    MendView *view;
    int ticks;
    guint timer;
} Demo;

static void
end_run(Demo *demo, const char *message)
{
    g_clear_handle_id(&demo->timer, g_source_remove);
    mend_view_set_running(demo->view, FALSE);
    mend_view_show_message(demo->view, GTK_MESSAGE_INFO, message);
    gtk_widget_set_sensitive(demo->ok, TRUE);
}

static gboolean
run_tick(gpointer data)
{
    Demo *demo = data;
    g_autofree char *text = g_strdup_printf("Demo: about %d s left", (100 - demo->ticks) / 10);
    mend_view_set_progress(demo->view, demo->ticks / 100.0, text);
    if (demo->ticks++ < 100)
        return G_SOURCE_CONTINUE;
    demo->timer = 0;
    end_run(demo, "Done.");
    return G_SOURCE_REMOVE;
}

static void
on_ok(Demo *demo)
{
    demo->ticks = 0;
    gtk_widget_set_sensitive(demo->ok, FALSE);
    mend_view_set_running(demo->view, TRUE);
    demo->timer = g_timeout_add(100, run_tick, demo);
}

static void
on_stop(Demo *demo)
{
    end_run(demo, "Stopped.");
}

static void
build_window(Demo *demo, DemoSettings *settings)
{
    MendTrialSource source = {.width = PICTURE_WIDTH,
                              .height = PICTURE_HEIGHT,
                              .read = read_area,
                              .thumb = read_thumb,
                              .options = read_options,
                              .job_start = job_start,
                              .job_cancel = job_cancel,
                              .job_free = job_free,
                              .data = settings,
                              .detect = detect};
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    demo->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    demo->view = MEND_VIEW(mend_view_new(G_OBJECT(settings), NULL, &source));
    demo->ok = gtk_button_new_with_mnemonic("_OK");
    gtk_widget_set_halign(demo->ok, GTK_ALIGN_END);
    gtk_box_pack_start(GTK_BOX(box), GTK_WIDGET(demo->view), TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(box), demo->ok, FALSE, FALSE, 0);
    gtk_container_set_border_width(GTK_CONTAINER(box), 12);
    gtk_container_add(GTK_CONTAINER(demo->window), box);
    gtk_window_set_title(GTK_WINDOW(demo->window), "Mend: demo of the widgets");
    gtk_window_set_default_size(GTK_WINDOW(demo->window), 980, 680);
    g_signal_connect_swapped(demo->ok, "clicked", G_CALLBACK(on_ok), demo);
    g_signal_connect_swapped(demo->view, "stop", G_CALLBACK(on_stop), demo);
    g_signal_connect(demo->window, "destroy", G_CALLBACK(gtk_main_quit), NULL);
    gtk_widget_show_all(demo->window);
}

static void
build_textures(DemoTextures *settings)
{
    MendGenerateSource source = {
        {PICTURE_WIDTH, PICTURE_HEIGHT, 0, 0}, demo_textures_options, settings};
    GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    gtk_container_set_border_width(GTK_CONTAINER(window), 12);
    gtk_container_add(GTK_CONTAINER(window), mend_generate_view_new(G_OBJECT(settings), &source));
    gtk_window_set_title(GTK_WINDOW(window), "Mend: demo of textures");
    gtk_window_set_default_size(GTK_WINDOW(window), 1100, 760);
    g_signal_connect(window, "destroy", G_CALLBACK(gtk_main_quit), NULL);
    gtk_widget_show_all(window);
}

int
main(int argc, char **argv)
{
    Demo demo = {0};
    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, MEND_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    if (!gtk_init_check(&argc, &argv)) {
        g_printerr("There is no display to open a window on.\n");
        return 1;
    }
    g_autoptr(DemoSettings) settings = g_object_new(demo_settings_get_type(), NULL);
    g_autoptr(DemoTextures) textures = g_object_new(demo_textures_get_type(), NULL);
    if (argc > 1 && strcmp(argv[1], "--textures") == 0)
        build_textures(textures);
    else
        build_window(&demo, settings);
    gtk_main();
    g_clear_handle_id(&demo.timer, g_source_remove);
    return 0;
}
