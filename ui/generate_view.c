/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialog for generating: wishes go to sessions, pictures come into the gallery. */
#include "ui/generate_view.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "compute/error.h"
#include "compute/generate_settings.h"
#include "compute/model.h"
#include "ui/gallery.h"
#include "ui/generate_bar.h"
#include "ui/generate_sessions.h"
#include "ui/message.h"
#include "ui/swatch.h"

/* A picture, or the place for it. */
typedef struct {
    int id;                   /* in the sessions and in the gallery */
    gboolean undoable;        /* it comes from another, since the settings are these */
    MendVariation *variation; /* NULL: has not come */
} Item;

struct _MendGenerateView {
    GtkBox parent;
    GObject *settings;
    MendGenerateSource source;
    MendSessions *sessions;
    gboolean outdated;   /* the settings are no longer those of the present session */
    GPtrArray *items;    /* Item, in the gallery's order */
    int n_asked, n_come; /* since there was nothing to do */
    gint64 started;
    GtkWidget *message, *panel;
    MendGenerateBar *bar;
    MendGallery *gallery;
    MendSwatch *swatch;
};

G_DEFINE_FINAL_TYPE(MendGenerateView, mend_generate_view, GTK_TYPE_BOX)

static guint chosen_signal;

static void
item_free(gpointer data)
{
    Item *item = data;
    mend_variation_free(item->variation);
    g_free(item);
}

static Item *
item_by_id(MendGenerateView *view, int id)
{
    for (guint i = 0; i < view->items->len; i++) {
        Item *item = view->items->pdata[i];
        if (item->id == id)
            return item;
    }
    return NULL;
}

static Item *
selected_item(MendGenerateView *view)
{
    return item_by_id(view, mend_gallery_get_selected(view->gallery));
}

/* What Undo takes back: never what is kept. */
static Item *
last_fork(MendGenerateView *view)
{
    for (guint i = view->items->len; i > 0; i--) {
        Item *item = view->items->pdata[i - 1];
        if (item->undoable && !mend_gallery_get_kept(view->gallery, item->id))
            return item;
    }
    return NULL;
}

static gboolean
is_running(MendGenerateView *view)
{
    return view->n_come < view->n_asked;
}

/* Why nothing of that kind can be made of it, or NULL. */
static const char *
why_not(MendGenerateView *view, const Item *item, MendWishKind kind)
{
    return mend_sessions_why_not(view->sessions, item ? item->id : -1,
                                 item ? item->variation : NULL, kind);
}

static void
update_buttons(MendGenerateView *view)
{
    const Item *item = selected_item(view);
    MendGenerateBarState state = {
        .running = is_running(view),
        .goes_on =
            view->items->len > 0 && mend_sessions_has_begun(view->sessions) && !view->outdated,
        .generate = mend_generate_panel_n_models(MEND_GENERATE_PANEL(view->panel)) > 0,
        .no_more = why_not(view, item, MEND_WISH_MORE),
        .no_surprise = why_not(view, item, MEND_WISH_SURPRISE),
        .undo = last_fork(view) != NULL,
    };
    mend_generate_bar_set_state(view->bar, &state);
    g_signal_emit(view, chosen_signal, 0);
}

static void
set_status(MendGenerateView *view, const char *text)
{
    mend_generate_bar_set_progress(view->bar, 0, text, NULL);
}

static void
remove_item(MendGenerateView *view, Item *item)
{
    mend_gallery_remove(view->gallery, item->id);
    g_ptr_array_remove(view->items, item);
}

/* What has not come never will. */
static void
forget_waiting(MendGenerateView *view)
{
    for (guint i = view->items->len; i > 0; i--) {
        Item *item = view->items->pdata[i - 1];
        if (!item->variation)
            remove_item(view, item);
    }
    view->n_asked = view->n_come = 0;
}

static void
stop(MendGenerateView *view)
{
    mend_sessions_stop(view->sessions);
    forget_waiting(view);
    update_buttons(view);
}

static void
on_selected(MendGenerateView *view)
{
    const Item *item = selected_item(view);
    const MendVariation *v = item ? item->variation : NULL;
    mend_swatch_set_picture(view->swatch, v ? v->pixels : (MendTensor){0},
                            v && v->options.tileable);
    update_buttons(view);
}

static void
on_progress(int id, double fraction, const char *device, gpointer data)
{
    MendGenerateView *view = data;
    const Item *item = item_by_id(view, id);
    if (!item || !is_running(view))
        return;
    double seconds = (double)(g_get_monotonic_time() - view->started) / G_USEC_PER_SEC;
    double all = (view->n_come + fraction) / view->n_asked;
    double left = all > 0 ? seconds * (1 / all - 1) : 0;
    g_autofree char *text = g_strdup_printf(
        left < 100 ? _("%d of %d, about %.0f s left") : _("%d of %d, about %.0f min left"),
        MIN(view->n_come + 1, view->n_asked), view->n_asked, left < 100 ? left : left / 60);
    mend_generate_bar_set_progress(view->bar, MIN(all, 1), text, device);
    mend_gallery_set_progress(view->gallery, item->id, fraction);
}

static void
on_picture(int id, MendVariation *variation, const char *note, gpointer data)
{
    MendGenerateView *view = data;
    Item *item = item_by_id(view, id);
    if (!item) {
        mend_variation_free(variation);
        return;
    }
    item->variation = variation;
    view->n_come++;
    mend_gallery_set_picture(view->gallery, item->id, variation->pixels);
    if (!selected_item(view))
        mend_gallery_select(view->gallery, item->id);
    if (!is_running(view))
        set_status(view, note);
    if (selected_item(view) == item) /* its place may have been selected before it came */
        on_selected(view);
    else
        update_buttons(view);
}

static void
on_failed(int id, const GError *error, gpointer data)
{
    (void)id;
    MendGenerateView *view = data;
    mend_message_show(view->message, GTK_MESSAGE_ERROR, error->message);
    set_status(view, "");
    stop(view);
}

static char *
new_caption(MendGenerateView *view, const MendWish *what, int id)
{
    int number = mend_sessions_number(view->sessions, id) + 1;
    if (what->kind == MEND_WISH_NEXT)
        return g_strdup_printf("%d", number);
    int of = mend_sessions_number(view->sessions, what->of) + 1;
    return g_strdup_printf(what->kind == MEND_WISH_MORE ? _("%d, like %d") : _("%d, from %d"),
                           number, of);
}

/* of: the item that it comes from, or NULL. */
static void
wish(MendGenerateView *view, MendWishKind kind, const Item *of)
{
    MendWish what = {.kind = kind, .of = of ? of->id : 0};
    g_object_get(view->settings, "similarity", &what.similarity, NULL);
    if (!is_running(view)) {
        view->n_asked = view->n_come = 0;
        view->started = g_get_monotonic_time();
        set_status(view, _("Starting…"));
    }
    Item *item = g_new0(Item, 1);
    item->id = mend_sessions_wish(view->sessions, &what);
    item->undoable = of != NULL;
    g_autofree char *caption = new_caption(view, &what, item->id);
    g_ptr_array_add(view->items, item);
    mend_gallery_add(view->gallery, item->id, caption);
    view->n_asked++;
}

/* A new session; of the pictures only those that are kept stay. */
static gboolean
begin(MendGenerateView *view, const MendGenerateOptions *options, GError **error)
{
    if (!mend_sessions_begin(view->sessions, options, error))
        return FALSE;
    forget_waiting(view);
    view->outdated = FALSE;
    for (guint i = view->items->len; i > 0; i--) {
        Item *item = view->items->pdata[i - 1];
        item->undoable = FALSE;
        if (!mend_gallery_get_kept(view->gallery, item->id)) {
            mend_sessions_drop(view->sessions, item->id);
            remove_item(view, item);
        }
    }
    mend_sessions_trim(view->sessions);
    return TRUE;
}

static void
generate(MendGenerateView *view)
{
    MendGenerateOptions options;
    g_autoptr(GError) error = NULL;
    mend_message_show(view->message, GTK_MESSAGE_INFO, NULL);
    gboolean ok = view->source.options(view->source.data, &options, &error);
    if (ok && (!mend_sessions_has_begun(view->sessions) || view->outdated))
        ok = begin(view, &options, &error);
    if (!ok)
        mend_message_show(view->message, GTK_MESSAGE_ERROR, error->message);
    for (int i = 0; ok && i < options.count; i++)
        wish(view, MEND_WISH_NEXT, NULL);
    update_buttons(view);
}

static void
on_generate(MendGenerateView *view)
{
    if (is_running(view)) {
        stop(view);
        set_status(view, _("Stopped"));
    } else {
        generate(view);
    }
}

static void
from_selected(MendGenerateView *view, MendWishKind kind)
{
    const Item *item = selected_item(view);
    if (!why_not(view, item, kind))
        wish(view, kind, item);
    update_buttons(view);
}

static void
on_more(MendGenerateView *view)
{
    from_selected(view, MEND_WISH_MORE);
}

static void
on_surprise(MendGenerateView *view)
{
    from_selected(view, MEND_WISH_SURPRISE);
}

static void
on_undo(MendGenerateView *view)
{
    Item *item = last_fork(view);
    if (!item)
        return;
    mend_sessions_drop(view->sessions, item->id);
    view->n_asked -= !item->variation;
    remove_item(view, item);
    if (!is_running(view))
        set_status(view, "");
    update_buttons(view);
}

/* Where something is typed, Ctrl+Z is meant for that. */
static gboolean
on_key(GtkWidget *widget, GdkEventKey *event, gpointer data)
{
    (void)data;
    GtkWidget *window = gtk_widget_get_toplevel(widget);
    if (event->keyval != GDK_KEY_z ||
        (GTK_IS_WINDOW(window) && GTK_IS_EDITABLE(gtk_window_get_focus(GTK_WINDOW(window)))) ||
        (event->state & gtk_accelerator_get_default_mod_mask()) != GDK_CONTROL_MASK)
        return FALSE;
    on_undo(MEND_GENERATE_VIEW(widget));
    return TRUE;
}

static void
on_offset(GtkToggleButton *check, MendGenerateView *view)
{
    mend_swatch_set_offset(view->swatch, gtk_toggle_button_get_active(check));
}

/* Output and similarity can be changed in the middle. */
static void
on_setting(MendGenerateView *view, GParamSpec *spec)
{
    if (!mend_fields_find(mend_generate_fields, spec->name) || strcmp(spec->name, "output") == 0 ||
        strcmp(spec->name, "similarity") == 0 || strcmp(spec->name, "count") == 0)
        return;
    view->outdated = TRUE;
    update_buttons(view);
}

static GtkWidget *
framed(GtkWidget *widget)
{
    GtkWidget *frame = gtk_frame_new(NULL);
    gtk_frame_set_shadow_type(GTK_FRAME(frame), GTK_SHADOW_IN);
    gtk_container_add(GTK_CONTAINER(frame), widget);
    return frame;
}

static GtkWidget *
new_main(MendGenerateView *view)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    GtkWidget *gallery = mend_gallery_new(_("Choose a material and a size, then Generate."));
    GtkWidget *bar = mend_generate_bar_new(view->settings);
    view->gallery = MEND_GALLERY(gallery);
    view->bar = MEND_GENERATE_BAR(bar);
    gtk_box_pack_start(GTK_BOX(box), framed(gallery), TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(box), bar, FALSE, FALSE, 0);
    g_signal_connect_swapped(bar, "generate", G_CALLBACK(on_generate), view);
    g_signal_connect_swapped(bar, "more", G_CALLBACK(on_more), view);
    g_signal_connect_swapped(bar, "surprise", G_CALLBACK(on_surprise), view);
    g_signal_connect_swapped(bar, "undo", G_CALLBACK(on_undo), view);
    g_signal_connect_swapped(gallery, "selected", G_CALLBACK(on_selected), view);
    g_signal_connect_swapped(gallery, "kept", G_CALLBACK(update_buttons), view);
    return box;
}

static GtkWidget *
new_side(MendGenerateView *view)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6), *swatch = mend_swatch_new();
    GtkWidget *offset = gtk_check_button_new_with_mnemonic(_("O_ffset by half"));
    gtk_widget_set_tooltip_text(offset, _("The corners meet in the middle: a seam would be there"));
    view->swatch = MEND_SWATCH(swatch);
    view->panel = mend_generate_panel_new(view->settings, &view->source.sizes);
    gtk_widget_set_margin_top(view->panel, 6);
    gtk_widget_set_hexpand(box, FALSE); /* or it would inherit its rows' wish and take half */
    gtk_box_pack_start(GTK_BOX(box), framed(swatch), TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(box), offset, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(box), view->panel, FALSE, FALSE, 0);
    g_signal_connect(offset, "toggled", G_CALLBACK(on_offset), view);
    return box;
}

/* Nothing can be made: what to do about it. */
static void
tell_no_model(MendGenerateView *view)
{
    g_autoptr(GPtrArray) folders = mend_models_folders();
    g_autofree char *text = g_strdup_printf(
        _("No texture model is installed. Put one, a .safetensors file, into the folder %s and "
          "open this dialog again."),
        (const char *)folders->pdata[0]);
    mend_message_show(view->message, GTK_MESSAGE_WARNING, text);
}

static void
mend_generate_view_dispose(GObject *object)
{
    MendGenerateView *view = MEND_GENERATE_VIEW(object);
    if (view->settings)
        g_signal_handlers_disconnect_by_data(view->settings, view);
    if (view->gallery) /* as it goes, it tells of what is no longer selected */
        g_signal_handlers_disconnect_by_data(view->gallery, view);
    view->gallery = NULL;
    g_clear_pointer(&view->sessions, mend_sessions_free);
    g_clear_pointer(&view->items, g_ptr_array_unref);
    g_clear_object(&view->settings);
    G_OBJECT_CLASS(mend_generate_view_parent_class)->dispose(object);
}

static void
mend_generate_view_class_init(MendGenerateViewClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = mend_generate_view_dispose;
    chosen_signal = g_signal_new("chosen", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
mend_generate_view_init(MendGenerateView *view)
{
    gtk_orientable_set_orientation(GTK_ORIENTABLE(view), GTK_ORIENTATION_VERTICAL);
    gtk_box_set_spacing(GTK_BOX(view), 12);
    view->items = g_ptr_array_new_with_free_func(item_free);
    view->sessions =
        mend_sessions_new(&(MendSessionsEvents){on_progress, on_picture, on_failed, view});
}

GtkWidget *
mend_generate_view_new(GObject *settings, const MendGenerateSource *source)
{
    MendGenerateView *view = g_object_new(MEND_TYPE_GENERATE_VIEW, NULL);
    GtkWidget *body = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    view->settings = g_object_ref(settings);
    view->source = *source;
    view->message = mend_message_new();
    gtk_box_pack_start(GTK_BOX(view), view->message, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(view), body, TRUE, TRUE, 0);
    GtkWidget *main = new_main(view);
    gtk_box_pack_start(GTK_BOX(body), main, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(body), new_side(view), FALSE, FALSE, 0);
    g_signal_connect(view, "key-press-event", G_CALLBACK(on_key), NULL);
    g_signal_connect_object(settings, "notify", G_CALLBACK(on_setting), view, G_CONNECT_SWAPPED);
    if (mend_generate_panel_n_models(MEND_GENERATE_PANEL(view->panel)) == 0)
        tell_no_model(view);
    gtk_widget_show_all(GTK_WIDGET(view));
    update_buttons(view);
    return GTK_WIDGET(view);
}

gboolean
mend_generate_view_has_chosen(MendGenerateView *view)
{
    const Item *item = selected_item(view);
    gboolean has = item && item->variation;
    for (guint i = 0; !has && i < view->items->len; i++)
        has = mend_gallery_get_kept(view->gallery, ((const Item *)view->items->pdata[i])->id);
    return has;
}

GPtrArray *
mend_generate_view_take(MendGenerateView *view)
{
    GPtrArray *taken = g_ptr_array_new();
    Item *selected = selected_item(view);
    stop(view);
    for (guint i = 0; i < view->items->len; i++) {
        const Item *item = view->items->pdata[i];
        if (mend_gallery_get_kept(view->gallery, item->id) && item->variation)
            g_ptr_array_add(taken, item->variation);
    }
    if (taken->len == 0 && selected && selected->variation)
        g_ptr_array_add(taken, selected->variation);
    return taken;
}

void
mend_generate_view_show_message(MendGenerateView *view, GtkMessageType type, const char *text)
{
    mend_message_show(view->message, type, text);
}
