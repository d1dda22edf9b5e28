/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings, as a person sees them. */
#include "ui/panel.h"

#include <glib/gi18n-lib.h>

#include "compute/detect.h"
#include "compute/model.h"
#include "compute/options.h"
#include "ui/choice.h"
#include "ui/devices.h"
#include "ui/rows.h"

enum { PRESET_FAST, PRESET_GOOD, PRESET_BEST, PRESET_CUSTOM };

struct _MendPanel {
    GtkBox parent;
    GObject *settings;
    char *only_task;   /* or NULL: the property "task" */
    char detected[32]; /* what the task "auto" stands for, or "" */
    GPtrArray *models; /* MendModelInfo */
    MendChoice *task, *device, *model;
    GtkComboBoxText *quality;
    GtkAdjustment *steps;
    GtkWidget *steps_spin, *advanced, *about;
    int preset;          /* what the quality box shows */
    int preset_steps[3]; /* of the chosen model; 0 where there is none */
    gboolean quiet;      /* widgets are being changed by us */
};

G_DEFINE_FINAL_TYPE(MendPanel, mend_panel, GTK_TYPE_BOX)

static const MendModelInfo *
model_for(MendPanel *panel, const char *task, const char *name)
{
    gboolean any = !name || !*name || g_str_equal(name, "auto");
    for (guint i = 0; i < panel->models->len; i++) {
        const MendModelInfo *info = panel->models->pdata[i];
        gboolean named = any || g_strcmp0(name, info->id) == 0 || g_strcmp0(name, info->path) == 0;
        if (named && task && mend_model_has_task(info, task))
            return info;
    }
    return NULL;
}

static char *
task_of(MendPanel *panel)
{
    char *task = NULL;
    if (panel->only_task)
        return g_strdup(panel->only_task);
    g_object_get(panel->settings, "task", &task, NULL);
    return task;
}

/* The same, but what was detected in place of "auto". */
static char *
real_task_of(MendPanel *panel)
{
    g_autofree char *task = task_of(panel);
    return g_strdup(g_strcmp0(task, MEND_TASK_AUTO) == 0 ? panel->detected : task);
}

static void
fill_tasks(MendPanel *panel)
{
    g_autofree char *present = task_of(panel);
    gboolean chosen = present && *present;
    g_autoptr(GPtrArray) detectors = mend_detectors_list();
    mend_choice_clear(panel->task);
    mend_choice_add(panel->task, MEND_TASK_AUTO, _("Detect automatically"),
                    detectors->len ? NULL : _("no model"), detectors->len > 0);
    for (const MendTask *task = mend_tasks; task->id; task++) {
        gboolean offered = model_for(panel, task->id, NULL) != NULL;
        if (offered && !chosen) {
            chosen = TRUE;
            g_object_set(panel->settings, "task", task->id, NULL);
        }
        mend_choice_add(panel->task, task->id, _(task->label), offered ? NULL : _("no model"),
                        offered);
    }
    mend_choice_done(panel->task, NULL);
}

static void
fill_models(MendPanel *panel, const char *task)
{
    const MendModelInfo *best = model_for(panel, task, NULL);
    g_autofree char *automatic =
        best ? g_strdup_printf(_("Automatic (%s)"), best->label) : g_strdup(_("Automatic"));
    mend_choice_clear(panel->model);
    mend_choice_add(panel->model, "auto", automatic, NULL, TRUE);
    for (guint i = 0; i < panel->models->len; i++) {
        const MendModelInfo *info = panel->models->pdata[i];
        gboolean offers = task && (!*task || mend_model_has_task(info, task));
        mend_choice_add(panel->model, info->id, info->label, offers ? NULL : _("another task"),
                        offers);
    }
    mend_choice_done(panel->model, _("not found"));
}

/* "Good (2 steps)" */
static char *
preset_text(const char *name, int steps)
{
    if (steps < 1)
        return g_strdup(name);
    g_autofree char *count = g_strdup_printf(ngettext("%d step", "%d steps", (gulong)steps), steps);
    return g_strdup_printf("%s (%s)", name, count);
}

static void
fill_quality(MendPanel *panel)
{
    const char *names[] = {C_("quality", "Fast"), C_("quality", "Good"), C_("quality", "Best")};
    panel->quiet = TRUE;
    gtk_combo_box_text_remove_all(panel->quality);
    for (int i = 0; i < 3; i++) {
        g_autofree char *text = preset_text(names[i], panel->preset_steps[i]);
        gtk_combo_box_text_append_text(panel->quality, text);
    }
    gtk_combo_box_text_append_text(panel->quality, C_("quality", "Custom"));
    gtk_combo_box_set_active(GTK_COMBO_BOX(panel->quality), panel->preset);
    panel->quiet = FALSE;
}

/* steps 0 means Good. The preset at hand is kept where two have the same count. */
static void
show_steps(MendPanel *panel)
{
    static const int order[] = {PRESET_GOOD, PRESET_FAST, PRESET_BEST};
    int steps = 0, preset = PRESET_CUSTOM;
    g_object_get(panel->settings, "steps", &steps, NULL);
    for (int i = 2; i >= 0; i--) {
        if (steps == panel->preset_steps[order[i]])
            preset = order[i];
    }
    if (steps == 0)
        preset = PRESET_GOOD;
    if (panel->preset == PRESET_CUSTOM || steps != panel->preset_steps[panel->preset])
        panel->preset = preset;
    panel->quiet = TRUE;
    gtk_combo_box_set_active(GTK_COMBO_BOX(panel->quality), panel->preset);
    gtk_adjustment_set_value(panel->steps, steps ? steps : panel->preset_steps[PRESET_GOOD]);
    panel->quiet = FALSE;
}

static void
show_about(MendPanel *panel, const char *task, const MendModelInfo *info)
{
    g_autofree char *text = NULL;
    int row = info && task ? mend_model_task_row(info, task) : -1;
    if (!task || !*task)
        text = g_strdup("");
    else if (!info)
        text = g_strdup(_("No installed model can do this task."));
    else if (row >= 0 && *info->quality[row])
        text = g_strdup_printf(_("%s. Licence: %s"), info->quality[row], info->licence);
    else
        text = g_strdup_printf(_("Licence: %s"), info->licence);
    gtk_label_set_text(GTK_LABEL(panel->about), text);
}

/* A preset follows the model; a number of the user's own stays. */
static void
on_model_changed(MendPanel *panel)
{
    g_autofree char *task = real_task_of(panel), *name = NULL;
    int steps = 0;
    g_object_get(panel->settings, "model", &name, "steps", &steps, NULL);
    const MendModelInfo *info = model_for(panel, task, name);
    const MendTask *row = mend_task_find(task);
    const MendPresets *presets = info ? &info->presets[mend_model_task_row(info, task)] : NULL;
    int preset = panel->preset;
    for (int i = 0; i < 3; i++)
        panel->preset_steps[i] = presets ? presets->at[i].steps : 0;
    if (steps > 0 && preset != PRESET_CUSTOM && info)
        g_object_set(panel->settings, "steps", panel->preset_steps[preset], NULL);
    fill_quality(panel);
    show_steps(panel);
    show_about(panel, task, info);
    if (panel->task && row)
        gtk_widget_set_tooltip_text(GTK_WIDGET(panel->task), _(row->blurb));
}

static void
on_task_changed(MendPanel *panel)
{
    g_autofree char *task = real_task_of(panel);
    fill_models(panel, task);
    on_model_changed(panel);
}

void
mend_panel_set_detected(MendPanel *panel, const char *task)
{
    g_strlcpy(panel->detected, task, sizeof panel->detected);
    on_task_changed(panel);
}

static void
on_quality_chosen(MendPanel *panel)
{
    int preset = gtk_combo_box_get_active(GTK_COMBO_BOX(panel->quality));
    if (panel->quiet || preset < 0)
        return;
    panel->preset = preset;
    if (preset == PRESET_CUSTOM) {
        gtk_expander_set_expanded(GTK_EXPANDER(panel->advanced), TRUE);
        gtk_widget_grab_focus(panel->steps_spin);
    } else {
        g_object_set(panel->settings, "steps", panel->preset_steps[preset], NULL);
    }
}

static void
on_steps_edited(MendPanel *panel)
{
    if (panel->quiet)
        return;
    int steps = (int)gtk_adjustment_get_value(panel->steps);
    g_object_set(panel->settings, "steps", steps, NULL);
}

static MendChoice *
add_choice(MendPanel *panel, GtkGrid *grid, const char *name)
{
    return mend_rows_add_choice(grid, panel->settings, mend_option_find(name));
}

static GtkWidget *
new_advanced(MendPanel *panel)
{
    const MendOption *option = mend_option_find("steps");
    GtkGrid *grid = mend_rows_new();
    add_choice(panel, grid, "sampler");
    panel->steps = gtk_adjustment_new(1, 1, option->max, 1, 5, 0);
    panel->steps_spin = gtk_spin_button_new(panel->steps, 1, 0);
    mend_rows_add_option(grid, option, panel->steps_spin, panel->steps_spin);
    panel->model = add_choice(panel, grid, "model");
    panel->about = gtk_label_new(NULL);
    gtk_label_set_xalign(GTK_LABEL(panel->about), 0.0f);
    gtk_label_set_line_wrap(GTK_LABEL(panel->about), TRUE);
    gtk_label_set_max_width_chars(GTK_LABEL(panel->about), 30);
    gtk_style_context_add_class(gtk_widget_get_style_context(panel->about), "dim-label");
    mend_rows_add_wide(grid, panel->about);
    mend_rows_add_percent(grid, panel->settings, mend_option_find("grain"), _("Grain in percent"));
    mend_rows_add_number(grid, panel->settings, mend_option_find("alternatives"));
    mend_rows_add_percent(grid, panel->settings, mend_option_find("variety"),
                          _("Difference in percent"));
    mend_rows_add_check(grid, panel->settings, mend_option_find("uncertainty"));
    gtk_widget_set_margin_top(GTK_WIDGET(grid), 6);
    gtk_widget_set_margin_start(GTK_WIDGET(grid), 12);

    panel->advanced = gtk_expander_new_with_mnemonic(_("Ad_vanced"));
    mend_row_set_name(panel->advanced, _("Ad_vanced"));
    gtk_container_add(GTK_CONTAINER(panel->advanced), GTK_WIDGET(grid));
    return panel->advanced;
}

static void
build(MendPanel *panel)
{
    GtkGrid *grid = mend_rows_new();
    if (!panel->only_task)
        panel->task = add_choice(panel, grid, "task");
    panel->quality = GTK_COMBO_BOX_TEXT(gtk_combo_box_text_new());
    mend_rows_add(grid, _("_Quality"),
                  _("Best takes longer: the network looks at the picture twice, mirrored"),
                  GTK_WIDGET(panel->quality), GTK_WIDGET(panel->quality));
    mend_rows_add_percent(grid, panel->settings, mend_option_find("strength"),
                          _("Strength in percent"));
    mend_rows_add_seed(grid, panel->settings, mend_option_find("seed"), _("_New"),
                       _("Take a random seed: another variant of the result"));
    panel->device = add_choice(panel, grid, "device");
    add_choice(panel, grid, "output");
    gtk_box_pack_start(GTK_BOX(panel), GTK_WIDGET(grid), FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(panel), new_advanced(panel), FALSE, FALSE, 0);
}

static void
mend_panel_dispose(GObject *object)
{
    MendPanel *panel = MEND_PANEL(object);
    g_clear_object(&panel->settings);
    g_clear_pointer(&panel->models, g_ptr_array_unref);
    g_clear_pointer(&panel->only_task, g_free);
    G_OBJECT_CLASS(mend_panel_parent_class)->dispose(object);
}

static void
mend_panel_class_init(MendPanelClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = mend_panel_dispose;
}

static void
mend_panel_init(MendPanel *panel)
{
    panel->preset = PRESET_CUSTOM; /* until the steps that are remembered have told which */
}

static void
connect_all(MendPanel *panel)
{
    GObject *settings = panel->settings;
    g_signal_connect_swapped(panel->quality, "changed", G_CALLBACK(on_quality_chosen), panel);
    g_signal_connect_swapped(panel->steps, "value-changed", G_CALLBACK(on_steps_edited), panel);
    if (panel->task)
        g_signal_connect_object(settings, "notify::task", G_CALLBACK(on_task_changed), panel,
                                G_CONNECT_SWAPPED);
    g_signal_connect_object(settings, "notify::model", G_CALLBACK(on_model_changed), panel,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(settings, "notify::steps", G_CALLBACK(show_steps), panel,
                            G_CONNECT_SWAPPED);
}

GtkWidget *
mend_panel_new(GObject *settings, const char *task)
{
    MendPanel *panel =
        g_object_new(MEND_TYPE_PANEL, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 12, NULL);
    panel->settings = g_object_ref(settings);
    panel->only_task = g_strdup(task);
    panel->models = mend_models_list(NULL);
    build(panel);
    if (panel->task)
        fill_tasks(panel);
    mend_devices_fill(panel->device);
    on_task_changed(panel);
    connect_all(panel);
    gtk_widget_show_all(GTK_WIDGET(panel));
    return GTK_WIDGET(panel);
}
