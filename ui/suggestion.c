/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with the picture, said in the dialog. */
#include "ui/suggestion.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "compute/model.h"

#define CHUNK (1 << 19) /* pixels read at a time: some milliseconds */

struct _MendSuggestion {
    GtkBox parent;
    GObject *settings; /* NULL after the widget's end */
    MendTrialSource source;
    GtkWidget *label, *button;
    MendGlance glance; /* until it is examined */
    int y;             /* rows read */
    guint reader;      /* idle */
    MendSuggestionState state;
    char task[32];
};

G_DEFINE_FINAL_TYPE(MendSuggestion, mend_suggestion, GTK_TYPE_BOX)

static guint found_signal;

/* What the thread is given and gives back. */
typedef struct {
    MendGlance glance;
    gboolean (*detect)(const MendGlance *glance, MendDetection *detection, GError **error);
    MendFinding best;
    gboolean good, offered;
} Look;

static void
look_free(gpointer data)
{
    Look *look = data;
    mend_glance_clear(&look->glance);
    g_free(look);
}

static void
examine(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    Look *look = data;
    MendDetection detection;
    look->good = look->detect(&look->glance, &detection, NULL) && detection.n > 0;
    if (look->good) {
        look->best = detection.findings[0];
        g_autoptr(MendModelInfo) model = mend_model_choose(look->best.what, NULL, NULL);
        look->offered = model != NULL;
    }
    g_task_return_boolean(task, TRUE);
}

/* The button is for what is not chosen yet. */
static void
update_button(MendSuggestion *self)
{
    g_autofree char *present = NULL;
    g_object_get(self->settings, "task", &present, NULL);
    gtk_widget_set_visible(self->button, self->state == MEND_SUGGESTION_TASK &&
                                             g_strcmp0(present, self->task) != 0 &&
                                             g_strcmp0(present, MEND_TASK_AUTO) != 0);
}

static void
finish(MendSuggestion *self, MendSuggestionState state)
{
    self->state = state;
    gtk_widget_set_visible(GTK_WIDGET(self), state != MEND_SUGGESTION_FAILED);
    update_button(self);
    g_signal_emit(self, found_signal, 0);
}

static void
say(MendSuggestion *self, const Look *look)
{
    const MendTask *task = mend_task_find(look->best.what);
    double percent = look->best.chance * 100;
    g_autofree char *text = NULL;
    if (!task)
        text = g_strdup_printf(_("Nothing seems to be wrong (%.0f %%)"), percent);
    else if (!look->offered)
        text = g_strdup_printf(_("Suggested: %s (%.0f %%), but no model does it"), _(task->label),
                               percent);
    else
        text = g_strdup_printf(_("Suggested: %s (%.0f %%)"), _(task->label), percent);
    gtk_label_set_text(GTK_LABEL(self->label), text);
    if (task && look->offered)
        g_strlcpy(self->task, task->id, sizeof self->task);
}

static void
on_examined(GObject *object, GAsyncResult *result, gpointer data)
{
    (void)data;
    MendSuggestion *self = MEND_SUGGESTION(object);
    const Look *look = g_task_get_task_data(G_TASK(result));
    if (!self->settings)
        return;
    if (look->good)
        say(self, look);
    finish(self, !look->good     ? MEND_SUGGESTION_FAILED
                 : self->task[0] ? MEND_SUGGESTION_TASK
                                 : MEND_SUGGESTION_NONE);
}

static void
start_examining(MendSuggestion *self)
{
    Look *look = g_new0(Look, 1);
    g_autoptr(GTask) task = g_task_new(self, NULL, on_examined, NULL);
    look->glance = self->glance;
    look->detect = self->source.detect;
    self->glance = (MendGlance){0};
    g_task_set_task_data(task, look, look_free);
    g_task_run_in_thread(task, examine);
}

static gboolean
read_rows(gpointer data)
{
    MendSuggestion *self = data;
    int width = self->source.width, left = self->source.height - self->y;
    GdkRectangle area = {0, self->y, width, CLAMP(CHUNK / width, 1, left)};
    g_auto(MendTensor) rgb = self->source.read(self->source.data, &area, NULL);
    if (rgb.data)
        mend_glance_add(&self->glance, self->y, rgb);
    self->y += area.height;
    if (rgb.data && self->y < self->source.height)
        return G_SOURCE_CONTINUE;
    self->reader = 0;
    if (rgb.data)
        start_examining(self);
    else
        finish(self, MEND_SUGGESTION_FAILED);
    return G_SOURCE_REMOVE;
}

static void
on_take(MendSuggestion *self)
{
    g_object_set(self->settings, "task", self->task, NULL);
}

static void
mend_suggestion_dispose(GObject *object)
{
    MendSuggestion *self = MEND_SUGGESTION(object);
    g_clear_handle_id(&self->reader, g_source_remove);
    mend_glance_clear(&self->glance);
    if (self->settings)
        g_signal_handlers_disconnect_by_data(self->settings, self);
    g_clear_object(&self->settings);
    G_OBJECT_CLASS(mend_suggestion_parent_class)->dispose(object);
}

static void
mend_suggestion_class_init(MendSuggestionClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = mend_suggestion_dispose;
    found_signal = g_signal_new("found", MEND_TYPE_SUGGESTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 0);
}

static void
mend_suggestion_init(MendSuggestion *self)
{
    gtk_box_set_spacing(GTK_BOX(self), 6);
    gtk_widget_set_no_show_all(GTK_WIDGET(self), TRUE);
    self->label = gtk_label_new(NULL);
    self->button = gtk_button_new_with_mnemonic(_("Ta_ke"));
    gtk_label_set_xalign(GTK_LABEL(self->label), 0.0f);
    gtk_label_set_line_wrap(GTK_LABEL(self->label), TRUE);
    gtk_label_set_max_width_chars(GTK_LABEL(self->label), 30);
    atk_object_set_name(gtk_widget_get_accessible(self->button), _("Take the suggested task"));
    gtk_widget_set_tooltip_text(self->button, _("Take the suggested task"));
    gtk_box_pack_start(GTK_BOX(self), self->label, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(self), self->button, FALSE, FALSE, 0);
    gtk_widget_show(self->label);
    g_signal_connect_swapped(self->button, "clicked", G_CALLBACK(on_take), self);
}

GtkWidget *
mend_suggestion_new(GObject *settings, const MendTrialSource *source)
{
    MendSuggestion *self = g_object_new(MEND_TYPE_SUGGESTION, NULL);
    self->settings = g_object_ref(settings);
    self->source = *source;
    g_signal_connect_swapped(settings, "notify::task", G_CALLBACK(update_button), self);
    if (source->detect && mend_glance_init(&self->glance, source->width, source->height, NULL))
        self->reader = g_idle_add_full(G_PRIORITY_LOW, read_rows, self, NULL);
    else
        self->state = MEND_SUGGESTION_FAILED;
    return GTK_WIDGET(self);
}

MendSuggestionState
mend_suggestion_get_state(MendSuggestion *self)
{
    return self->state;
}

const char *
mend_suggestion_get_task(MendSuggestion *self)
{
    return self->task;
}
