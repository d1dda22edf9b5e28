/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend parity network: a network's outputs against recorded ones, case by case. */
#include "compute/parity/parity.h"

#include <math.h>
#include <string.h>

#include "compute/backend.h"
#include "compute/error.h"
#include "compute/json.h"
#include "compute/network.h"

#define BOUND 5e-5 /* absolute; the recorded outputs are of size 3 to 15 */

typedef struct {
    MendDevice *device;
    MendWeights *weights, *io;
    MendJson *json;
    const MendNetwork *network;
    MendNetworkConfig config;
    GString *report; /* --json: the object, as far as it is; else NULL */
} Check;

static void
check_clear(Check *check)
{
    mend_device_close(check->device);
    mend_weights_free(check->weights);
    mend_weights_free(check->io);
    mend_json_free(check->json);
    if (check->report)
        g_string_free(check->report, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Check, check_clear)

/* One case of the file; pictures are [batch][c][h][w] with the batch dimension left out or not. */
typedef struct {
    const MendJsonValue *json;
    int index;
    int batch, c, h, w;
} Case;

typedef struct {
    double *data;
} Doubles;

static void
doubles_clear(Doubles *doubles)
{
    mend_block_free(doubles->data);
    doubles->data = NULL;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Doubles, doubles_clear)

static const MendArray *
find_array(const Check *check, const Case *c, const char *what)
{
    g_autofree char *name = g_strdup_printf("case%d/%s", c->index, what);
    return mend_weights_find(check->io, name);
}

static gboolean
read_array(const Check *check, const Case *c, const char *what, Doubles *doubles, GError **error)
{
    const MendArray *array = find_array(check, c, what);
    size_t count = (size_t)c->batch * (size_t)c->c * (size_t)c->h * (size_t)c->w;
    if (!array || array->count != count) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "\"%s\" has no case%d/%s of %d x %d x %d x %d.", mend_weights_path(check->io),
                    c->index, what, c->batch, c->c, c->h, c->w);
        return FALSE;
    }
    doubles->data = mend_block_new(count * sizeof(double), error);
    return doubles->data && mend_array_read_f64(array, doubles->data, error);
}

static gboolean
read_shape(const Check *check, Case *c, GError **error)
{
    const MendArray *x = find_array(check, c, "x");
    if (!x || x->n_dims < 3 || x->n_dims > 4 || x->count > G_MAXINT) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS, "\"%s\" has no picture case%d/x.",
                    mend_weights_path(check->io), c->index);
        return FALSE;
    }
    const gint64 *dims = x->dims + x->n_dims - 3;
    if (dims[0] != 3 || x->count == 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "\"%s\": case%d/x has no pixels of 3 channels.", mend_weights_path(check->io),
                    c->index);
        return FALSE;
    }
    c->batch = x->n_dims == 4 ? (int)x->dims[0] : 1;
    c->c = (int)dims[0];
    c->h = (int)dims[1];
    c->w = (int)dims[2];
    return TRUE;
}

/* "time" is one number for all items, or a list with one for each. */
static double
time_of(const Case *c, int item)
{
    const MendJsonValue *time = mend_json_member(c->json, "time");
    if (time && time->kind == MEND_JSON_ARRAY) {
        const MendJsonValue *at = time->first;
        while (at && at->next && item-- > 0)
            at = at->next;
        time = at;
    }
    return mend_json_number(time, NAN);
}

/* Item of [batch][c][h][w] into the upper left corner of a zero picture. */
static gboolean
pad(const Case *c, const Doubles *from, int item, MendShape shape, MendTensor *to, GError **error)
{
    *to = mend_tensor_new(shape, error);
    if (!to->data)
        return FALSE;
    memset(to->data, 0, mend_shape_count(shape) * sizeof(float));
    const double *at = from->data + (size_t)item * (size_t)c->c * (size_t)c->h * (size_t)c->w;
    for (int i = 0; i < c->c; i++)
        for (int y = 0; y < c->h; y++)
            for (int x = 0; x < c->w; x++)
                to->data[((size_t)i * (size_t)shape.h + (size_t)y) * (size_t)shape.w + (size_t)x] =
                    (float)*at++;
    return TRUE;
}

static double
max_difference(const Case *c, const Doubles *wanted, int item, MendTensor got)
{
    const double *at = wanted->data + (size_t)item * (size_t)c->c * (size_t)c->h * (size_t)c->w;
    double most = 0;
    for (int i = 0; i < c->c; i++)
        for (int y = 0; y < c->h; y++)
            for (int x = 0; x < c->w; x++) {
                MendTensor plane = mend_tensor_plane(got, i);
                double d =
                    fabs((double)plane.data[(size_t)y * (size_t)got.shape.w + (size_t)x] - *at++);
                most = d <= most ? most : isnan(d) ? INFINITY : d;
            }
    return most;
}

typedef struct {
    Doubles x, mean, degraded, wanted;
} Pictures;

static void
pictures_clear(Pictures *p)
{
    doubles_clear(&p->x);
    doubles_clear(&p->mean);
    doubles_clear(&p->degraded);
    doubles_clear(&p->wanted);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pictures, pictures_clear)

static gboolean
read_pictures(const Check *check, const Case *c, Pictures *p, GError **error)
{
    const char *degraded = find_array(check, c, "degraded") ? "degraded" : "cond";
    const char *wanted = find_array(check, c, "out_f64") ? "out_f64" : "out_f32";
    return read_array(check, c, "x", &p->x, error) &&
           read_array(check, c, "cond", &p->mean, error) &&
           read_array(check, c, degraded, &p->degraded, error) &&
           read_array(check, c, wanted, &p->wanted, error);
}

/* Runs one item of the batch and raises *worst to its largest difference. */
static gboolean
run_item(const Case *c, MendPlan *plan, const Pictures *p, int item, double *worst, GError **error)
{
    MendShape shape = mend_graph_node(plan->graph, mend_graph_output(plan->graph))->shape;
    g_auto(MendTensor) x = {0}, mean = {0}, degraded = {0}, out = mend_tensor_new(shape, error);
    float time = (float)time_of(c, item);
    if (!out.data || !pad(c, &p->x, item, shape, &x, error) ||
        !pad(c, &p->mean, item, shape, &mean, error) ||
        !pad(c, &p->degraded, item, shape, &degraded, error))
        return FALSE;
    MendTensor inputs[4];
    int n = 0;
    for (MendNode i = 0; i < mend_graph_n_nodes(plan->graph); i++) {
        const MendNodeInfo *node = mend_graph_node(plan->graph, i);
        if (node->op != MEND_OP_input)
            continue;
        inputs[n++] = strcmp(node->name, "x") == 0      ? x
                      : strcmp(node->name, "mean") == 0 ? mean
                      : strcmp(node->name, "t") == 0    ? (MendTensor){{1, 1, 1}, &time}
                                                        : degraded;
    }
    if (!mend_plan_run(plan, inputs, out, NULL, NULL, error))
        return FALSE;
    *worst = MAX(*worst, max_difference(c, &p->wanted, item, out));
    return TRUE;
}

static gboolean
run_case(const Check *check, Case *c, double *worst, GError **error)
{
    int align, radius;
    g_auto(Pictures) pictures = {0};
    g_autoptr(MendGraph) graph = mend_graph_new(check->weights);
    MendNetworkConfig config = check->config;
    config.task_row = (int)mend_json_number(mend_json_member(c->json, "task"), -1);
    if (!read_shape(check, c, error) || !read_pictures(check, c, &pictures, error) ||
        !check->network->extent(check->weights, &config, &align, &radius, error))
        return FALSE;
    int h = (c->h + align - 1) / align * align, w = (c->w + align - 1) / align * align;
    if (!check->network->build(graph, check->weights, &config, h, w, error))
        return FALSE;
    MendPlan *plan = mend_plan_new(check->device, graph, error);
    gboolean ok = plan != NULL;
    for (int item = 0; ok && item < c->batch; item++)
        ok = run_item(c, plan, &pictures, item, worst, error);
    mend_plan_free(plan);
    return ok;
}

static void
add_case(GString *out, const Case *c, double worst, gboolean passed, const GError *error)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_number(out, "case", c->index);
    if (error)
        mend_json_add_text(out, "message", error->message);
    else
        mend_json_add_number(out, "error", worst);
    mend_json_add_number(out, "bound", BOUND);
    g_string_append_printf(out, ", \"passed\": %s}", passed ? "true" : "false");
}

static gboolean
report_case(const Check *check, Case *c)
{
    g_autoptr(GError) error = NULL;
    double worst = 0;
    gboolean ran = run_case(check, c, &worst, &error), passed = ran && worst <= BOUND;
    if (check->report)
        add_case(check->report, c, worst, passed, error);
    else if (!ran)
        g_print("case%d: failed: %s\n", c->index, error->message);
    else
        g_print("case%d: %d x %d x %d x %d, max abs error %.3g, bound %g: %s\n", c->index, c->batch,
                c->c, c->h, c->w, worst, BOUND, passed ? "passed" : "FAILED");
    return passed;
}

/* What a file does not say of itself is as published: attention over the whole picture, no
 * residual. */
static gboolean
open_check(Check *check, char **paths, const char *device, GError **error)
{
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(paths[0], &text, &length, error))
        return FALSE;
    check->json = mend_json_parse(text, length, TRUE, error);
    if (!check->json)
        return FALSE;
    const char *arch =
        mend_json_string(mend_json_member(mend_json_root(check->json), "arch"), "NAFNet");
    check->network = mend_network_find(strstr(arch, "NAFNet") ? "nafnet" : arch);
    if (!check->network) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_UNSUPPORTED,
                    "The network \"%s\" is not one that this program knows.", arch);
        return FALSE;
    }
    check->weights = mend_weights_open(paths[1], error);
    check->io = check->weights ? mend_weights_open(paths[2], error) : NULL;
    if (!check->io)
        return FALSE;
    const char *attention = mend_weights_meta(check->weights, "mend.attention");
    const char *residual = mend_weights_meta(check->weights, "mend.residual");
    check->config.global_attention = g_strcmp0(attention, "pixel") != 0;
    check->config.residual = g_strcmp0(residual, "mean") == 0;
    check->device = mend_device_open(device, error);
    return check->device != NULL;
}

static int
usage(void)
{
    g_printerr("Usage: mend parity network CONFIG.json WEIGHTS.safetensors IO.safetensors "
               "[--device ID] [--json]\n");
    return 2;
}

static int
check_all(const Check *check)
{
    int passed = 0, failed = 0, index = 0;
    const MendJsonValue *cases = mend_json_member(mend_json_root(check->json), "cases");
    for (const MendJsonValue *at = cases ? cases->first : NULL; at; at = at->next) {
        Case c = {.json = at, .index = index++};
        *(report_case(check, &c) ? &passed : &failed) += 1;
    }
    if (check->report) {
        g_string_append_c(check->report, ']');
        mend_json_add_number(check->report, "passed", passed);
        mend_json_add_number(check->report, "failed", failed);
        g_print("%s}\n", check->report->str);
    } else {
        g_print("%d passed, %d failed\n", passed, failed);
    }
    return failed == 0 && passed > 0 ? 0 : 1;
}

static void
begin_report(Check *check, const char *model, gboolean json)
{
    if (!json) {
        g_print("%s on %s\n", model, check->device->info.name);
        return;
    }
    check->report = g_string_new("{");
    mend_json_add_text(check->report, "model", model);
    mend_json_add_text(check->report, "device", check->device->info.id);
    mend_json_open(check->report, "cases", '[');
}

int
mend_parity_network(int argc, char **argv)
{
    char *paths[3];
    const char *device = "cpu";
    gboolean json = FALSE;
    int n_paths = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--device") == 0 && i + 1 < argc)
            device = argv[++i];
        else if (strcmp(argv[i], "--json") == 0)
            json = TRUE;
        else if (argv[i][0] != '-' && n_paths < 3)
            paths[n_paths++] = argv[i];
        else
            return usage();
    }
    if (n_paths < 3)
        return usage();
    g_auto(Check) check = {0};
    g_autoptr(GError) error = NULL;
    if (!open_check(&check, paths, device, &error)) {
        g_printerr("mend: %s\n", error->message);
        return mend_error_is(error, MEND_ERROR_OPTION) ? 2 : 1;
    }
    begin_report(&check, paths[1], json);
    return check_all(&check);
}
