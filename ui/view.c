/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of the dialog but its buttons. */
#include "ui/view.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "ui/message.h"
#include "ui/overview.h"
#include "ui/panel.h"
#include "ui/preview.h"
#include "ui/suggestion.h"

#define SETTLE_MS     600
#define AUTO_PROPERTY "auto-preview"

struct _MendView {
    GtkBox parent;
    GObject *settings;
    MendTrialSource source;
    MendTrial *trial;
    GtkWidget *message;
    GtkWidget *body, *panel, *button, *automatic, *status;
    MendSuggestion *suggestion; /* NULL where there is only one task */
    GtkWidget *foot, *progress, *progress_text, *stop;
    MendPreview *preview;
    MendOverview *overview;
    GdkRectangle part; /* that the preview shows, picture pixels */
    guint settle;      /* timer */
    guint resized;     /* idle */
    gboolean running;  /* the whole picture, not the preview */
};

G_DEFINE_FINAL_TYPE(MendView, mend_view, GTK_TYPE_BOX)

static guint stop_signal;

void
mend_view_show_message(MendView *view, GtkMessageType type, const char *text)
{
    mend_message_show(view->message, type, text);
}

static void
update_button(MendView *view)
{
    gboolean busy = mend_trial_is_running(view->trial);
    gtk_button_set_label(GTK_BUTTON(view->button), busy ? _("Stop Previe_w") : _("Previe_w"));
    if (!busy)
        mend_preview_set_busy(view->preview, -1);
}

static void
set_status(MendView *view, const char *text)
{
    gtk_label_set_text(GTK_LABEL(view->status), text);
}

/* Whether the task is "auto" and not to be tried: it is not known yet, or there is nothing to do.
 * */
static gboolean
waits_for_task(MendView *view)
{
    g_autofree char *task = NULL;
    if (!view->suggestion)
        return FALSE;
    g_object_get(view->settings, "task", &task, NULL);
    MendSuggestionState state = mend_suggestion_get_state(view->suggestion);
    gboolean waits = g_strcmp0(task, MEND_TASK_AUTO) == 0 &&
                     (state == MEND_SUGGESTION_LOOKING || state == MEND_SUGGESTION_NONE);
    if (waits)
        set_status(view, state == MEND_SUGGESTION_LOOKING ? _("Looking at the picture…") : "");
    return waits;
}

static void
start_trial(MendView *view)
{
    g_clear_handle_id(&view->settle, g_source_remove);
    if (waits_for_task(view))
        return;
    mend_preview_set_busy(view->preview, 0);
    set_status(view, "");
    mend_trial_start(view->trial, view->part);
    update_button(view);
}

static void
stop_trial(MendView *view)
{
    g_clear_handle_id(&view->settle, g_source_remove);
    mend_trial_stop(view->trial);
    update_button(view);
}

static gboolean
on_settled(gpointer data)
{
    MendView *view = data;
    view->settle = 0;
    start_trial(view);
    return G_SOURCE_REMOVE;
}

/* What is shown no longer fits the settings or the part. */
static void
on_stale(MendView *view)
{
    stop_trial(view);
    if (!view->running && gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(view->automatic)))
        view->settle = g_timeout_add(SETTLE_MS, on_settled, view);
}

/* Whether the preview would be another one. */
static gboolean
is_seen(const char *setting)
{
    static const char *const others[] = {"output", "alternatives", "variety", "uncertainty", NULL};
    return mend_option_find(setting) && !g_strv_contains(others, setting);
}

static void
on_setting(MendView *view, GParamSpec *spec)
{
    if (g_str_equal(spec->name, "strength")) {
        double strength = 1;
        g_object_get(view->settings, "strength", &strength, NULL);
        mend_preview_set_strength(view->preview, strength);
    } else if (is_seen(spec->name)) {
        mend_preview_set_outdated(view->preview, TRUE);
        on_stale(view);
    }
}

static void
on_found(MendView *view)
{
    const char *found = mend_suggestion_get_task(view->suggestion);
    g_autofree char *task = NULL;
    g_object_get(view->settings, "task", &task, NULL);
    mend_trial_set_detected(view->trial, found);
    mend_panel_set_detected(MEND_PANEL(view->panel), found);
    if (g_strcmp0(task, MEND_TASK_AUTO) == 0)
        on_stale(view);
}

static void
on_trial_progress(double fraction, gpointer data)
{
    mend_preview_set_busy(MEND_VIEW(data)->preview, fraction);
}

static void
on_trial_done(MendTensor rgb, gpointer data)
{
    MendView *view = data;
    if (view->source.to_display)
        view->source.to_display(view->source.data, &view->part, rgb);
    mend_preview_set_after(view->preview, rgb);
    mend_view_show_message(view, GTK_MESSAGE_INFO, NULL);
    set_status(view, _("Preview done"));
    update_button(view);
}

static void
on_trial_failed(const GError *error, gpointer data)
{
    MendView *view = data;
    set_status(view, "");
    mend_view_show_message(view, GTK_MESSAGE_WARNING, error->message);
    update_button(view);
}

static void
on_button(MendView *view)
{
    if (mend_trial_is_running(view->trial))
        stop_trial(view);
    else
        start_trial(view);
}

static void
on_automatic(MendView *view)
{
    if (gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(view->automatic)))
        on_stale(view);
    else
        g_clear_handle_id(&view->settle, g_source_remove);
}

static void
on_stop(MendView *view)
{
    g_signal_emit(view, stop_signal, 0);
}

static void
show_part(MendView *view)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) rgb = view->source.read(view->source.data, &view->part, &error);
    if (!rgb.data)
        mend_view_show_message(view, GTK_MESSAGE_WARNING, error->message);
    else if (view->source.to_display)
        view->source.to_display(view->source.data, &view->part, rgb);
    mend_preview_set_before(view->preview, rgb);
    mend_overview_set_part(view->overview, view->part);
    on_stale(view);
}

static void
move_part(MendView *view, int x, int y)
{
    GdkRectangle part = view->part;
    part.x = CLAMP(x, 0, view->source.width - part.width);
    part.y = CLAMP(y, 0, view->source.height - part.height);
    if (gdk_rectangle_equal(&part, &view->part))
        return;
    view->part = part;
    show_part(view);
}

static void
on_pan(MendView *view, int dx, int dy)
{
    move_part(view, view->part.x + dx, view->part.y + dy);
}

/* The part is as large as its place, in device pixels, and keeps its centre. */
static gboolean
fit_part(gpointer data)
{
    MendView *view = data;
    GtkWidget *widget = GTK_WIDGET(view->preview);
    int scale = gtk_widget_get_scale_factor(widget);
    GdkRectangle old = view->part, part = {0};
    view->resized = 0;
    if (old.width == 0)
        old = (GdkRectangle){0, 0, view->source.width, view->source.height};
    part.width = MIN(gtk_widget_get_allocated_width(widget) * scale, view->source.width);
    part.height = MIN(gtk_widget_get_allocated_height(widget) * scale, view->source.height);
    part.x = CLAMP(old.x + (old.width - part.width) / 2, 0, view->source.width - part.width);
    part.y = CLAMP(old.y + (old.height - part.height) / 2, 0, view->source.height - part.height);
    if (!gdk_rectangle_equal(&part, &view->part)) {
        view->part = part;
        show_part(view);
    }
    return G_SOURCE_REMOVE;
}

static void
on_resize(MendView *view)
{
    if (view->resized == 0) /* not within the allocation itself */
        view->resized = g_idle_add(fit_part, view);
}

static void
show_thumb(MendView *view)
{
    int width, height;
    mend_overview_get_thumb_size(view->overview, &width, &height);
    g_auto(MendTensor) thumb = view->source.thumb(view->source.data, width, height, NULL);
    if (thumb.data) /* without it the overview is dark, and works */
        mend_overview_set_thumb(view->overview, thumb);
}

static GtkWidget *
framed(GtkWidget *widget)
{
    GtkWidget *frame = gtk_frame_new(NULL);
    gtk_frame_set_shadow_type(GTK_FRAME(frame), GTK_SHADOW_IN);
    gtk_container_add(GTK_CONTAINER(frame), widget);
    return frame;
}

static void
build_body(MendView *view, const char *task)
{
    GtkWidget *side = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    GtkWidget *preview = mend_preview_new();
    gtk_widget_set_hexpand(side, FALSE); /* or it would inherit its rows' wish and take half */
    GtkWidget *overview = mend_overview_new(view->source.width, view->source.height);
    view->preview = MEND_PREVIEW(preview);
    view->overview = MEND_OVERVIEW(overview);
    view->body = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    view->panel = mend_panel_new(view->settings, task);
    if (!task) {
        GtkWidget *suggestion = mend_suggestion_new(view->settings, &view->source);
        view->suggestion = MEND_SUGGESTION(suggestion);
        g_signal_connect_swapped(suggestion, "found", G_CALLBACK(on_found), view);
        gtk_box_pack_start(GTK_BOX(side), suggestion, FALSE, FALSE, 0);
    }
    gtk_box_pack_start(GTK_BOX(side), view->panel, FALSE, FALSE, 0);
    gtk_box_pack_end(GTK_BOX(side), overview, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(view->body), framed(preview), TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(view->body), side, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(view), view->body, TRUE, TRUE, 0);
    g_signal_connect_swapped(preview, "pan", G_CALLBACK(on_pan), view);
    g_signal_connect_swapped(preview, "size-allocate", G_CALLBACK(on_resize), view);
    g_signal_connect_swapped(preview, "notify::scale-factor", G_CALLBACK(on_resize), view);
    g_signal_connect_swapped(overview, "moved", G_CALLBACK(move_part), view);
}

static GtkWidget *
new_tools(MendView *view)
{
    GtkWidget *tools = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    view->button = gtk_button_new_with_mnemonic(_("Previe_w"));
    view->automatic = gtk_check_button_new_with_mnemonic(_("Update automaticall_y"));
    view->status = gtk_label_new(NULL);
    gtk_label_set_ellipsize(GTK_LABEL(view->status), PANGO_ELLIPSIZE_END);
    gtk_label_set_xalign(GTK_LABEL(view->status), 0.0f);
    gtk_style_context_add_class(gtk_widget_get_style_context(view->status), "dim-label");
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(view->automatic), TRUE);
    gtk_widget_set_tooltip_text(view->button, _("Restore the part that is shown"));
    gtk_widget_set_tooltip_text(view->automatic,
                                _("Compute the preview anew a moment after each change"));
    gtk_box_pack_start(GTK_BOX(tools), view->button, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(tools), view->automatic, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(tools), view->status, TRUE, TRUE, 0);
    g_signal_connect_swapped(view->button, "clicked", G_CALLBACK(on_button), view);
    g_signal_connect_swapped(view->automatic, "toggled", G_CALLBACK(on_automatic), view);
    return tools;
}

static GtkWidget *
new_run_row(MendView *view)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    view->progress = gtk_progress_bar_new();
    view->progress_text = gtk_label_new(NULL);
    view->stop = gtk_button_new_with_mnemonic(_("Sto_p"));
    gtk_widget_set_valign(view->progress, GTK_ALIGN_CENTER);
    gtk_label_set_width_chars(GTK_LABEL(view->progress_text), 36);
    gtk_label_set_xalign(GTK_LABEL(view->progress_text), 0.0f);
    atk_object_set_name(gtk_widget_get_accessible(view->progress), _("Progress"));
    gtk_box_pack_start(GTK_BOX(row), view->progress, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(row), view->progress_text, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(row), view->stop, FALSE, FALSE, 0);
    g_signal_connect_swapped(view->stop, "clicked", G_CALLBACK(on_stop), view);
    return row;
}

static void
build_foot(MendView *view)
{
    view->foot = gtk_stack_new();
    gtk_stack_add_named(GTK_STACK(view->foot), new_tools(view), "tools");
    gtk_stack_add_named(GTK_STACK(view->foot), new_run_row(view), "run");
    gtk_box_pack_start(GTK_BOX(view), view->foot, FALSE, FALSE, 0);
}

/* The first control is where one begins, though the preview stands before it. */
static void
focus_panel(MendView *view)
{
    gtk_widget_child_focus(view->panel, GTK_DIR_TAB_FORWARD);
}

static void
connect_settings(MendView *view)
{
    double strength = 1;
    g_object_get(view->settings, "strength", &strength, NULL);
    mend_preview_set_strength(view->preview, strength);
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(view->settings), AUTO_PROPERTY))
        g_object_bind_property(view->settings, AUTO_PROPERTY, view->automatic, "active",
                               G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
    g_signal_connect_object(view->settings, "notify", G_CALLBACK(on_setting), view,
                            G_CONNECT_SWAPPED);
}

static void
mend_view_dispose(GObject *object)
{
    MendView *view = MEND_VIEW(object);
    g_clear_handle_id(&view->settle, g_source_remove);
    g_clear_handle_id(&view->resized, g_source_remove);
    if (view->settings)
        g_signal_handlers_disconnect_by_data(view->settings, view);
    g_clear_pointer(&view->trial, mend_trial_free);
    g_clear_object(&view->settings);
    G_OBJECT_CLASS(mend_view_parent_class)->dispose(object);
}

static void
mend_view_class_init(MendViewClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = mend_view_dispose;
    stop_signal = g_signal_new("stop", MEND_TYPE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 0);
}

static void
mend_view_init(MendView *view)
{
    gtk_orientable_set_orientation(GTK_ORIENTABLE(view), GTK_ORIENTATION_VERTICAL);
    gtk_box_set_spacing(GTK_BOX(view), 12);
    g_signal_connect(view, "map", G_CALLBACK(focus_panel), NULL);
}

GtkWidget *
mend_view_new(GObject *settings, const char *task, const MendTrialSource *source)
{
    MendView *view = g_object_new(MEND_TYPE_VIEW, NULL);
    MendTrialEvents events = {on_trial_progress, on_trial_done, on_trial_failed, view};
    view->settings = g_object_ref(settings);
    view->source = *source;
    view->trial = mend_trial_new(source, events);
    view->message = mend_message_new();
    gtk_box_pack_start(GTK_BOX(view), view->message, FALSE, FALSE, 0);
    build_body(view, task);
    build_foot(view);
    connect_settings(view);
    gtk_widget_show_all(GTK_WIDGET(view));
    show_thumb(view);
    return GTK_WIDGET(view);
}

void
mend_view_set_running(MendView *view, gboolean running)
{
    view->running = running;
    stop_trial(view);
    gtk_widget_set_sensitive(view->body, !running);
    gtk_stack_set_visible_child_name(GTK_STACK(view->foot), running ? "run" : "tools");
    if (running) {
        mend_view_show_message(view, GTK_MESSAGE_INFO, NULL);
        mend_view_set_progress(view, 0, "");
        gtk_widget_set_sensitive(view->stop, TRUE);
        gtk_widget_grab_focus(view->stop);
    }
}

void
mend_view_set_progress(MendView *view, double fraction, const char *text)
{
    gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(view->progress), CLAMP(fraction, 0.0, 1.0));
    gtk_label_set_text(GTK_LABEL(view->progress_text), text);
}

void
mend_view_set_stopping(MendView *view)
{
    gtk_label_set_text(GTK_LABEL(view->progress_text), _("Stopping…"));
    gtk_widget_set_sensitive(view->stop, FALSE);
}
