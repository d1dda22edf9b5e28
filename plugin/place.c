/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generated pictures as layers. */
#include "plugin/place.h"

#include "compute/error.h"
#include "compute/json.h"
#include "plugin/generate.h"
#include "plugin/layer.h"
#include "plugin/source.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define BAND 64 /* rows that are written at once */

static GimpItem *
layer_of(GimpDrawable **drawables)
{
    GimpItem *item = drawables && drawables[0] ? GIMP_ITEM(drawables[0]) : NULL;
    if (item && gimp_item_is_layer_mask(item))
        item = GIMP_ITEM(gimp_layer_from_mask(GIMP_LAYER_MASK(item)));
    return item && gimp_item_is_layer(item) ? item : NULL;
}

static gboolean
take_size(MendPlace *place, const char *size, GimpImage *image, GError **error)
{
    gboolean selected = FALSE;
    int x1 = 0, y1 = 0, x2 = gimp_image_get_width(image), y2 = gimp_image_get_height(image);
    if (strcmp(size, "selection") == 0 &&
        !gimp_selection_bounds(image, &selected, &x1, &y1, &x2, &y2)) {
        mend_pdb_error(error, _("tell what is selected"));
        return FALSE;
    }
    *place = (MendPlace){place->image, place->above, x1, y1, x2 - x1, y2 - y1, selected};
    return TRUE;
}

gboolean
mend_place_find(MendPlace *place, const MendGenerateSettings *settings, GimpImage *image,
                GimpDrawable **drawables, GError **error)
{
    *place = (MendPlace){.width = settings->made.width, .height = settings->made.height};
    if (strcmp(settings->output, "layers") == 0 && image) {
        place->image = image;
        place->above = layer_of(drawables);
        if (!mend_image_check(image, error))
            return FALSE;
    }
    if (strcmp(settings->size, "typed") == 0)
        return TRUE;
    if (image)
        return take_size(place, settings->size, image, error);
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                _("There is no image to take the size from. Type a width and a height."));
    return FALSE;
}

char *
mend_variation_name(const MendVariation *v)
{
    /* Translators: a material, number of the picture, seed */
    return g_strdup_printf(_("%s %d, seed %d"), _(mend_material_label(v->options.material)),
                           v->number + 1, v->options.seed);
}

static char *
settings_json(const MendVariation *v)
{
    static const char *const kinds[] = {"next", "more", "surprise"};
    const MendGenerateOptions *o = &v->options;
    GString *json = g_string_new("{");
    mend_json_add_text(json, "procedure", MEND_GENERATE);
    mend_json_add_text(json, "version", MEND_VERSION);
    mend_json_add_text(json, "model", strchr(o->model, G_DIR_SEPARATOR) ? o->model : v->model);
    mend_json_add_text(json, "material", o->material);
    mend_json_add_number(json, "width", o->width);
    mend_json_add_number(json, "height", o->height);
    mend_json_add_text(json, "tileable", o->tileable ? "yes" : "no");
    mend_json_add_number(json, "seed", o->seed);
    mend_json_add_number(json, "count", v->wish.kind == MEND_WISH_NEXT ? v->turn + 1 : o->count);
    mend_json_add_number(json, "chains", o->n_chains > 0 ? o->n_chains : (o->count + 3) / 4);
    mend_json_add_number(json, "evaluations", o->evaluations);
    mend_json_add_text(json, "method", o->plain ? "plain" : "dlg");
    mend_json_add_text(json, "integrator", o->integrator);
    mend_json_add_number(json, "similarity", o->similarity);
    mend_json_add_number(json, "class-strength", o->guidance);
    mend_json_add_text(json, "device", v->device);
    mend_json_add_number(json, "picture", v->number + 1);
    mend_json_add_text(json, "made", kinds[v->wish.kind]);
    if (v->wish.kind != MEND_WISH_NEXT)
        mend_json_add_number(json, "of", v->wish.of + 1);
    if (v->wish.kind == MEND_WISH_MORE)
        mend_json_add_number(json, "of-similarity", v->wish.similarity);
    if (v->changed)
        mend_json_add_text(json, "similarity-before", "another");
    g_string_append_c(json, '}');
    return g_string_free(json, FALSE);
}

static gboolean
write_pixels(GeglBuffer *buffer, MendTensor pixels, GError **error)
{
    size_t w = (size_t)pixels.shape.w, plane = w * (size_t)pixels.shape.h;
    float *band = mend_block_new(w * BAND * 3 * sizeof(float), error);
    for (int y = 0; band && y < pixels.shape.h; y += BAND) {
        int rows = MIN(BAND, pixels.shape.h - y);
        const float *from = pixels.data + (size_t)y * w;
        for (size_t i = 0; i < w * (size_t)rows * 3; i++)
            band[i] = from[i % 3 * plane + i / 3];
        gegl_buffer_set(buffer, GEGL_RECTANGLE(0, y, pixels.shape.w, rows), 0,
                        babl_format("R'G'B' float"), band, GEGL_AUTO_ROWSTRIDE);
    }
    mend_block_free(band);
    return band != NULL;
}

static gboolean
fill_layer(GimpLayer *layer, const MendVariation *v, int x, int y, GError **error)
{
    g_autoptr(GeglBuffer) buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(layer));
    g_autofree char *json = settings_json(v);
    if (buffer && gimp_layer_set_offsets(layer, x, y) && mend_layer_attach_settings(layer, json))
        return write_pixels(buffer, v->pixels, error);
    mend_pdb_error(error, _("prepare the new layer"));
    return FALSE;
}

/* A layer of v for image, not yet in it. */
static GimpLayer *
new_layer(const MendPlace *place, GimpImage *image, const MendVariation *v, GError **error)
{
    g_autofree char *name = mend_variation_name(v);
    int w = v->pixels.shape.w, h = v->pixels.shape.h;
    GimpLayer *layer = mend_layer_blank(image, name, w, h, error);
    if (!layer)
        return NULL;
    if (!fill_layer(layer, v, place->x, place->y, error)) {
        gimp_item_delete(GIMP_ITEM(layer));
        return NULL;
    }
    gimp_drawable_update(GIMP_DRAWABLE(layer), 0, 0, w, h);
    return layer;
}

static void
delete_layers(GPtrArray *layers)
{
    for (guint i = 0; i < layers->len; i++)
        gimp_item_delete(GIMP_ITEM(layers->pdata[i]));
    g_ptr_array_set_size(layers, 0);
}

/* All that needs memory; no image changes. */
static gboolean
prepare(const MendPlace *place, GimpImage *image, const GPtrArray *variations, GPtrArray *layers,
        GError **error)
{
    for (guint i = 0; i < variations->len; i++) {
        GimpLayer *layer = new_layer(place, image, variations->pdata[i], error);
        if (!layer) {
            delete_layers(layers);
            return FALSE;
        }
        g_ptr_array_add(layers, layer);
    }
    return TRUE;
}

/* What the image gets: the one layer, or a group for them. NULL on failure. */
static GimpLayer *
top_of(GimpImage *image, const GPtrArray *variations, const GPtrArray *layers)
{
    const MendVariation *first = variations->pdata[0];
    if (layers->len == 1)
        return layers->pdata[0];
    /* Translators: a group of layers; a material, seed */
    g_autofree char *name = g_strdup_printf(
        _("%s, seed %d"), _(mend_material_label(first->options.material)), first->options.seed);
    return GIMP_LAYER(gimp_group_layer_new(image, name));
}

static gboolean
insert(const MendPlace *place, GimpImage *image, GimpLayer *top, const GPtrArray *layers)
{
    GimpItem *parent = place->above ? gimp_item_get_parent(place->above) : NULL;
    int position = place->above ? gimp_image_get_item_position(image, place->above) : 0;
    gboolean ok = position >= 0 &&
                  gimp_image_insert_layer(image, top, parent ? GIMP_LAYER(parent) : NULL, position);
    for (guint i = 0; ok && layers->len > 1 && i < layers->len; i++)
        ok = gimp_image_insert_layer(image, layers->pdata[i], top, (int)i) &&
             gimp_item_set_visible(GIMP_ITEM(layers->pdata[i]), i == 0);
    if (ok && place->selection) {
        GimpLayerMask *mask = gimp_layer_create_mask(top, GIMP_ADD_MASK_SELECTION);
        ok = mask && gimp_layer_add_mask(top, mask);
    }
    return ok;
}

/* FALSE: what was put in is out again. */
static gboolean
commit(const MendPlace *place, GimpImage *image, const GPtrArray *variations, GPtrArray *layers,
       GError **error)
{
    GimpLayer *top = top_of(image, variations, layers);
    if (top && insert(place, image, top, layers))
        return TRUE;
    mend_pdb_error(error, _("add the new layers"));
    if (top && gimp_image_get_item_position(image, GIMP_ITEM(top)) >= 0)
        gimp_image_remove_layer(image, top);
    g_ptr_array_set_size(layers, 0);
    return FALSE;
}

static gboolean
add_to(const MendPlace *place, const GPtrArray *variations, GPtrArray *layers, GError **error)
{
    if (!prepare(place, place->image, variations, layers, error))
        return FALSE;
    if (!gimp_image_undo_group_start(place->image)) {
        mend_pdb_error(error, _("change the image"));
        delete_layers(layers);
        return FALSE;
    }
    gboolean ok = commit(place, place->image, variations, layers, error);
    if (!gimp_image_undo_group_end(place->image)) /* the layers are there all the same */
        g_warning("GIMP could not close the undo step.");
    return ok;
}

static gboolean
fill_image(const MendPlace *place, GimpImage *image, const GPtrArray *variations, GPtrArray *layers,
           GError **error)
{
    if (!gimp_image_undo_disable(image) || !prepare(place, image, variations, layers, error))
        return FALSE;
    for (guint i = 0; i < layers->len; i++) {
        if (!gimp_image_insert_layer(image, layers->pdata[i], NULL, (int)i) ||
            !gimp_item_set_visible(GIMP_ITEM(layers->pdata[i]), i == 0)) {
            mend_pdb_error(error, _("add a layer to the new image"));
            return FALSE;
        }
    }
    return gimp_image_undo_enable(image);
}

static GimpImage *
new_image(const GPtrArray *variations, GPtrArray *layers, GError **error)
{
    int w = 1, h = 1;
    for (guint i = 0; i < variations->len; i++) {
        const MendVariation *v = variations->pdata[i];
        w = MAX(w, v->pixels.shape.w);
        h = MAX(h, v->pixels.shape.h);
    }
    GimpImage *image = gimp_image_new(w, h, GIMP_RGB);
    if (!image) {
        mend_pdb_error(error, _("make a new image"));
        return NULL;
    }
    if (fill_image(&(MendPlace){0}, image, variations, layers, error))
        return image;
    g_ptr_array_set_size(layers, 0);
    gimp_image_delete(image);
    return NULL;
}

gboolean
mend_place_layers(const MendPlace *place, const GPtrArray *variations, GPtrArray *layers,
                  GimpImage **made, GError **error)
{
    *made = NULL;
    if (place->image)
        return add_to(place, variations, layers, error);
    *made = new_image(variations, layers, error);
    return *made != NULL;
}
