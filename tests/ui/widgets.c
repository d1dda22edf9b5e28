/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The widgets on a display: names for screen readers, mnemonics, and settings both ways.
 * Run in English and German; LANGUAGE says which. Models: the two that with-display makes. */
#include <glib/gi18n-lib.h>
#include <locale.h>
#include <string.h>

#include "ui/demo_settings.h"
#include "ui/panel.h"
#include "ui/preview.h"
#include "ui/view.h"

static gboolean
read_options(gpointer data, MendOptions *options, GError **error)
{
    return demo_settings_options(data, options, error);
}

static MendTensor
grey(int width, int height, GError **error)
{
    MendTensor rgb = mend_tensor_new((MendShape){3, height, width}, error);
    for (size_t i = 0; i < mend_shape_count(rgb.shape); i++)
        rgb.data[i] = 0.5f;
    return rgb;
}

static MendTensor
read_area(gpointer data G_GNUC_UNUSED, const GdkRectangle *area, GError **error)
{
    return grey(area->width, area->height, error);
}

static MendTensor
read_thumb(gpointer data G_GNUC_UNUSED, int width, int height, GError **error)
{
    return grey(width, height, error);
}

struct MendJob { /* it never ends */
    int nothing;
};

static MendJob *
job_start(MendTensor picture, const MendOptions *options, MendJobEvents events, GError **error)
{
    (void)picture, (void)options, (void)events, (void)error;
    return g_new0(MendJob, 1);
}

static void
job_cancel(MendJob *job)
{
    (void)job;
}

static void
job_free(MendJob *job)
{
    g_free(job);
}

/* What the detection says; set before the view is made. */
static MendFinding detected = {"noise", 0.87};

static gboolean
detect(const MendGlance *glance, MendDetection *detection, GError **error)
{
    (void)error;
    g_assert_cmpfloat_with_epsilon(glance->thumbnail.data[0], 0.5, 1e-6); /* all of it was read */
    g_assert_cmpfloat_with_epsilon(glance->thumbnail.data[3 * 96 * 96 - 1], 0.5, 1e-6);
    *detection = (MendDetection){1, {detected}};
    return TRUE;
}

typedef struct {
    DemoSettings *settings;
    GtkWidget *window, *view;
} Fixture;

static void
settle(void)
{
    for (int i = 0; i < 50; i++) {
        while (g_main_context_iteration(NULL, FALSE))
            ;
        g_usleep(2000); /* the display answers in its own time */
    }
}

/* In f->window, which there is. */
static void
add_view(Fixture *f, const char *task, int width, int height)
{
    MendTrialSource source = {width,      height,     {0},         FALSE,        read_area,
                              NULL,       read_thumb, NULL,        read_options, job_start,
                              job_cancel, job_free,   f->settings, detect};
    f->view = mend_view_new(G_OBJECT(f->settings), task, &source);
    gtk_container_add(GTK_CONTAINER(f->window), f->view);
    gtk_widget_show_all(f->window);
    settle();
}

static void
set_up(Fixture *f, gconstpointer task)
{
    f->settings = g_object_new(DEMO_TYPE_SETTINGS, NULL);
    f->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    add_view(f, task, 640, 480);
}

static void
tear_down(Fixture *f, gconstpointer task)
{
    (void)task;
    gtk_widget_destroy(f->window);
    g_object_unref(f->settings);
}

typedef void (*Visit)(GtkWidget *widget, gpointer data);

typedef struct {
    Visit visit;
    gpointer data;
} Walk;

static void
walk(GtkWidget *widget, gpointer data)
{
    const Walk *w = data;
    if (!gtk_widget_get_mapped(widget))
        return;
    w->visit(widget, w->data);
    if (GTK_IS_CONTAINER(widget))
        gtk_container_forall(GTK_CONTAINER(widget), walk, data);
}

static void
walk_all(GtkWidget *widget, Visit visit, gpointer data)
{
    Walk w = {visit, data};
    walk(widget, &w);
}

typedef struct {
    GType type;
    const char *name;
    GtkWidget *found;
} Search;

static void
compare(GtkWidget *widget, gpointer data)
{
    Search *search = data;
    const char *name = atk_object_get_name(gtk_widget_get_accessible(widget));
    if (G_TYPE_CHECK_INSTANCE_TYPE(widget, search->type) && g_strcmp0(name, search->name) == 0)
        search->found = widget;
}

static GtkWidget *
find_or_null(Fixture *f, GType type, const char *label)
{
    g_auto(GStrv) parts = g_strsplit(_(label), "_", -1);
    g_autofree char *name = g_strjoinv("", parts);
    Search search = {type, name, NULL};
    walk_all(f->window, compare, &search);
    return search.found;
}

/* The widget of a type whose accessible name is the translated label without its mnemonic. */
static GtkWidget *
find(Fixture *f, GType type, const char *label)
{
    GtkWidget *found = find_or_null(f, type, label);
    if (!found)
        g_error("There is no %s named “%s”.", g_type_name(type), label);
    return found;
}

static void
expand(GtkWidget *widget, gpointer data G_GNUC_UNUSED)
{
    if (GTK_IS_EXPANDER(widget))
        gtk_expander_set_expanded(GTK_EXPANDER(widget), TRUE);
}

static void
check_name(GtkWidget *widget, gpointer count)
{
    GtkWidget *parent = gtk_widget_get_parent(widget);
    gboolean combo = GTK_IS_COMBO_BOX(widget);
    /* What is inside a combo box is the combo box to the user. */
    gboolean inside = parent && gtk_widget_get_ancestor(parent, GTK_TYPE_COMBO_BOX);
    if (GTK_IS_WINDOW(widget) || inside || !(combo || gtk_widget_get_can_focus(widget)))
        return;
    const char *name = atk_object_get_name(gtk_widget_get_accessible(widget));
    if (!name || !*name)
        g_error("A %s in a %s has no name.", G_OBJECT_TYPE_NAME(widget),
                G_OBJECT_TYPE_NAME(parent));
    g_assert_null(strchr(name, '_'));
    (*(int *)count)++;
}

static void
test_names(Fixture *f, gconstpointer task)
{
    (void)task;
    int count = 0;
    walk_all(f->window, expand, NULL);
    settle();
    walk_all(f->window, check_name, &count);
    g_assert_cmpint(count, >=, 15);
}

/* used: letters that are taken; a clash is fatal. */
static void
check_mnemonic(GtkWidget *widget, gpointer data)
{
    GString *used = data;
    if (!GTK_IS_LABEL(widget) || !gtk_widget_is_sensitive(widget))
        return;
    guint key = gtk_label_get_mnemonic_keyval(GTK_LABEL(widget));
    if (key == GDK_KEY_VoidSymbol)
        return;
    gunichar letter = g_unichar_tolower(gdk_keyval_to_unicode(key));
    if (g_utf8_strchr(used->str, -1, letter))
        g_error("“%s” takes a letter of “%s”.", gtk_label_get_label(GTK_LABEL(widget)), used->str);
    g_string_append_unichar(used, letter);
}

static void
test_mnemonics(Fixture *f, gconstpointer task G_GNUC_UNUSED)
{
    gboolean german = g_strcmp0(g_getenv("LANGUAGE"), "de") == 0;
    /* Of the dialog around us: Reset, Cancel, OK, Load, Save. */
    const char *taken = german ? "zcogs" : "rcols";
    g_autoptr(GString) settings = g_string_new(taken);
    walk_all(f->window, expand, NULL);
    settle();
    walk_all(f->window, check_mnemonic, settings);
    g_assert_cmpuint(settings->len, >=, strlen(taken) + 12);

    g_autoptr(GString) running = g_string_new(taken);
    mend_view_set_running(MEND_VIEW(f->view), TRUE);
    settle();
    walk_all(f->window, check_mnemonic, running);
    g_assert_cmpuint(running->len, ==, strlen(taken) + 1); /* Stop only */
}

static int
steps_of(Fixture *f)
{
    int steps = -1;
    g_object_get(f->settings, "steps", &steps, NULL);
    return steps;
}

static void
test_quality(Fixture *f, gconstpointer task)
{
    (void)task;
    g_object_set(f->settings, "task", "noise", NULL);
    GtkComboBox *quality = GTK_COMBO_BOX(find(f, GTK_TYPE_COMBO_BOX, "_Quality"));
    g_assert_cmpint(gtk_combo_box_get_active(quality), ==, 1); /* steps 0 is Good */
    gtk_combo_box_set_active(quality, 2);
    g_assert_cmpint(steps_of(f), ==, 5);
    /* The other model has other presets: Best stays Best. */
    g_object_set(f->settings, "model", "test-large", NULL);
    g_assert_cmpint(steps_of(f), ==, 10);
    g_assert_cmpint(gtk_combo_box_get_active(quality), ==, 2);
    gtk_combo_box_set_active(quality, 0);
    g_assert_cmpint(steps_of(f), ==, 3); /* of the task, not the model's 2 */
    g_object_set(f->settings, "steps", 7, NULL);
    g_assert_cmpint(gtk_combo_box_get_active(quality), ==, 3);
    g_object_set(f->settings, "model", "auto", NULL);
    g_assert_cmpint(steps_of(f), ==, 7); /* a number of one's own stays */
    g_object_set(f->settings, "steps", 0, NULL);
    g_assert_cmpint(gtk_combo_box_get_active(quality), ==, 1);
    gtk_combo_box_set_active(quality, 2);
    g_object_unref(g_object_ref_sink(mend_panel_new(G_OBJECT(f->settings), NULL)));
    g_assert_cmpint(steps_of(f), ==, 5); /* what is remembered stays as it is */
}

static void
test_alternatives(Fixture *f, gconstpointer task)
{
    (void)task;
    int alternatives = 0;
    double variety = 0, grain = 0;
    gboolean uncertainty = FALSE;
    walk_all(f->window, expand, NULL);
    settle();
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(find(f, GTK_TYPE_SPIN_BUTTON, "_Further results")),
                              4);
    gtk_spin_button_set_value(
        GTK_SPIN_BUTTON(find(f, GTK_TYPE_SPIN_BUTTON, "Difference in percent")), 25);
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(find(f, GTK_TYPE_SPIN_BUTTON, "Grain in percent")),
                              50);
    GtkWidget *check = find(f, GTK_TYPE_CHECK_BUTTON, "Uncertainty by pi_xel");
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(check), TRUE);
    g_object_get(f->settings, "alternatives", &alternatives, "variety", &variety, "uncertainty",
                 &uncertainty, "grain", &grain, NULL);
    g_assert_cmpfloat(grain, ==, 0.5);
    g_assert_cmpint(alternatives, ==, 4);
    g_assert_cmpfloat(variety, ==, 0.25);
    g_assert_true(uncertainty);
    g_object_set(f->settings, "uncertainty", FALSE, NULL);
    g_assert_false(gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(check)));
}

static char *
active_text(GtkComboBox *combo)
{
    GtkTreeIter iter;
    char *markup = NULL;
    gboolean active = gtk_combo_box_get_active_iter(combo, &iter);
    g_assert_true(active);
    gtk_tree_model_get(gtk_combo_box_get_model(combo), &iter, 1, &markup, -1);
    return markup;
}

static void
test_tasks(Fixture *f, gconstpointer task)
{
    (void)task;
    g_autofree char *first = NULL, *chosen = NULL, *kept = NULL;
    g_object_get(f->settings, "task", &first, NULL);
    g_assert_cmpstr(first, ==, "jpeg"); /* the first of the table that a model offers */
    GtkComboBox *combo = GTK_COMBO_BOX(find(f, GTK_TYPE_COMBO_BOX, "_Task"));
    int n_sensitive = 0, n = gtk_tree_model_iter_n_children(gtk_combo_box_get_model(combo), NULL);
    GtkTreeIter iter;
    for (int i = 0; i < n; i++) {
        gboolean sensitive = FALSE;
        gtk_tree_model_iter_nth_child(gtk_combo_box_get_model(combo), &iter, NULL, i);
        gtk_tree_model_get(gtk_combo_box_get_model(combo), &iter, 2, &sensitive, -1);
        n_sensitive += sensitive;
    }
    g_assert_cmpint(n, ==, 1 + 10); /* "auto", which has no model here, and the tasks */
    g_assert_cmpint(n_sensitive, ==, 2);
    gtk_combo_box_set_active_id(combo, "noise");
    g_object_get(f->settings, "task", &chosen, NULL);
    g_assert_cmpstr(chosen, ==, "noise");
    g_object_set(f->settings, "task", "haze", NULL); /* a script may: it is shown, and kept */
    g_object_get(f->settings, "task", &kept, NULL);
    g_assert_cmpstr(kept, ==, "haze");
    g_assert_cmpstr(gtk_combo_box_get_active_id(combo), ==, "haze");
}

static void
test_values(Fixture *f, gconstpointer task)
{
    (void)task;
    double strength = 0;
    int seed = 0;
    GtkSpinButton *percent = GTK_SPIN_BUTTON(find(f, GTK_TYPE_SPIN_BUTTON, "Strength in percent"));
    g_object_set(f->settings, "strength", 0.4, "seed", 12345, NULL);
    g_assert_cmpfloat_with_epsilon(gtk_spin_button_get_value(percent), 40, 1e-9);
    gtk_spin_button_set_value(percent, 85);
    g_object_get(f->settings, "strength", &strength, NULL);
    g_assert_cmpfloat_with_epsilon(strength, 0.85, 1e-12);
    GtkSpinButton *spin = GTK_SPIN_BUTTON(find(f, GTK_TYPE_SPIN_BUTTON, "S_eed"));
    g_assert_cmpint(gtk_spin_button_get_value_as_int(spin), ==, 12345);
    gtk_button_clicked(GTK_BUTTON(find(f, GTK_TYPE_BUTTON, "New seed")));
    g_object_get(f->settings, "seed", &seed, NULL);
    g_assert_cmpint(seed, !=, 12345);
    g_assert_cmpint(gtk_spin_button_get_value_as_int(spin), ==, seed);
}

/* Settings from another machine: a device that is not here is shown, and kept. */
static void
test_unknown_device(Fixture *f, gconstpointer task)
{
    (void)task;
    g_autofree char *kept = NULL, *text = NULL;
    gtk_widget_destroy(f->view);
    g_object_set(f->settings, "device", "vulkan:elsewhere", NULL);
    add_view(f, NULL, 64, 48);
    GtkComboBox *device = GTK_COMBO_BOX(find(f, GTK_TYPE_COMBO_BOX, "_Device"));
    text = active_text(device);
    g_assert_nonnull(strstr(text, "vulkan:elsewhere"));
    g_object_get(f->settings, "device", &kept, NULL);
    g_assert_cmpstr(kept, ==, "vulkan:elsewhere");
}

static void
say_if_suggestion(GtkWidget *widget, gpointer data)
{
    if (GTK_IS_LABEL(widget) && strchr(gtk_label_get_text(GTK_LABEL(widget)), '%') &&
        strchr(gtk_label_get_text(GTK_LABEL(widget)), '('))
        *(const char **)data = gtk_label_get_text(GTK_LABEL(widget));
}

/* "Suggested: Remove noise (87 %)" and a button that is there while it would change something. */
static void
test_suggestion(Fixture *f, gconstpointer task)
{
    (void)task;
    const char *said = NULL;
    g_autofree char *wanted =
        g_strdup_printf(_("Suggested: %s (%.0f %%)"), _("Remove noise"), 87.0);
    g_object_set(f->settings, "task", "jpeg", NULL);
    settle();
    walk_all(f->window, say_if_suggestion, &said);
    g_assert_cmpstr(said, ==, wanted);
    gtk_button_clicked(GTK_BUTTON(find(f, GTK_TYPE_BUTTON, "Take the suggested task")));
    g_autofree char *taken = NULL;
    g_object_get(f->settings, "task", &taken, NULL);
    g_assert_cmpstr(taken, ==, "noise");
    settle();
    g_assert_null(find_or_null(f, GTK_TYPE_BUTTON, "Take the suggested task"));
    g_object_set(f->settings, "task", "auto", NULL);
    settle();
    g_assert_null(find_or_null(f, GTK_TYPE_BUTTON, "Take the suggested task"));
}

static void
test_nothing_wrong(Fixture *f, gconstpointer task)
{
    (void)task;
    const char *said = NULL;
    gtk_widget_destroy(f->view);
    g_strlcpy(detected.what, "clean", sizeof detected.what);
    add_view(f, NULL, 64, 48);
    g_autofree char *wanted = g_strdup_printf(_("Nothing seems to be wrong (%.0f %%)"), 87.0);
    walk_all(f->window, say_if_suggestion, &said);
    g_assert_cmpstr(said, ==, wanted);
    g_assert_null(find_or_null(f, GTK_TYPE_BUTTON, "Take the suggested task"));
    g_strlcpy(detected.what, "noise", sizeof detected.what);
}

static void
test_divider(Fixture *f, gconstpointer task)
{
    (void)task;
    GtkWidget *widget = find(f, MEND_TYPE_PREVIEW, "Before and after");
    MendPreview *preview = MEND_PREVIEW(widget);
    mend_preview_set_divider(preview, 7.0);
    g_assert_cmpfloat(mend_preview_get_divider(preview), ==, 1.0);
    mend_preview_set_divider(preview, 0.25);
    AtkObject *accessible = gtk_widget_get_accessible(widget);
    g_assert_true(ATK_IS_VALUE(accessible));
    double percent = 0;
    g_autofree char *text = NULL;
    atk_value_get_value_and_text(ATK_VALUE(accessible), &percent, &text);
    g_assert_cmpfloat(percent, ==, 25.0);
    g_assert_nonnull(strstr(text, "25"));
}

static void
test_only_task(Fixture *f, gconstpointer task)
{
    g_assert_null(find_or_null(f, GTK_TYPE_COMBO_BOX, "_Task"));
    GtkComboBox *quality = GTK_COMBO_BOX(find(f, GTK_TYPE_COMBO_BOX, "_Quality"));
    gtk_combo_box_set_active(quality, 0);
    g_assert_cmpint(steps_of(f), ==, 1);
    g_assert_cmpstr(task, ==, "jpeg");
}

static void
test_language(void)
{
    gboolean german = g_strcmp0(g_getenv("LANGUAGE"), "de") == 0;
    g_autoptr(GError) error = NULL; /* of compute, which knows no words but these */
    MendOptions options = {0};
    g_assert_cmpstr(_("_Task"), ==, german ? "_Aufgabe" : "_Task");
    g_assert_false(mend_options_set(&options, "taste", "", &error));
    g_assert_nonnull(strstr(error->message, german ? "gibt es nicht" : "There is no option"));
}

static void
add(const char *name, const char *task, void (*test)(Fixture *f, gconstpointer task))
{
    g_test_add(name, Fixture, task, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, MEND_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    g_test_init(&argc, &argv, NULL);
    if (!gtk_init_check(&argc, &argv)) {
        g_print("1..0 # SKIP there is no display\n");
        return 77;
    }
    g_test_add_func("/widgets/language", test_language);
    add("/widgets/names", NULL, test_names);
    add("/widgets/mnemonics", NULL, test_mnemonics);
    add("/widgets/quality", NULL, test_quality);
    add("/widgets/alternatives", NULL, test_alternatives);
    add("/widgets/tasks", NULL, test_tasks);
    add("/widgets/values", NULL, test_values);
    add("/widgets/unknown-device", NULL, test_unknown_device);
    add("/widgets/suggestion", NULL, test_suggestion);
    add("/widgets/nothing-wrong", NULL, test_nothing_wrong);
    add("/widgets/divider", NULL, test_divider);
    add("/widgets/only-task", "jpeg", test_only_task);
    return g_test_run();
}
