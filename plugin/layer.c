/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Result layers, their masks and settings. */
#include "plugin/layer.h"

#include "compute/json.h"
#include "compute/model.h"
#include "plugin/source.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Strength and seed only where they are not the defaults. */
char *
mend_layer_name(const MendResult *result)
{
    MendOptions usual;
    mend_options_init(&usual);
    const MendTask *task = mend_task_find(result->options->task);
    g_autofree char *source = gimp_item_get_name(GIMP_ITEM(result->source));
    g_autoptr(GString) what = g_string_new(task ? _(task->label) : result->options->task);
    if (result->options->strength != usual.strength)
        g_string_append_printf(what, _(", %.0f %%"), 100 * result->options->strength);
    if (result->options->seed != usual.seed)
        g_string_append_printf(what, _(", seed %d"), result->options->seed);
    g_autofree char *name = g_strdup_printf("%s (%s)", source, what->str);
    if (result->alternative > 0) /* Translators: the name of a layer, a number */
        return g_strdup_printf(_("%s: alternative %d"), name, result->alternative);
    if (result
            ->map) /* Translators: the name of a layer, a grey value, two numbers of alternatives */
        return g_strdup_printf(
            _("%s: uncertainty, white is ±%.0f of 255 (%d alternatives, worth %.1f)"), name,
            result->map->white * 255, result->map->n_made, result->map->effective);
    return g_steal_pointer(&name);
}

/* "auto" becomes what was taken; a model given by its path stays a path. */
static char *
settings_json(const MendResult *result)
{
    const MendOptions *options = result->options;
    const MendRestoreInfo *info = result->info;
    const char *model = strchr(options->model, G_DIR_SEPARATOR) ? options->model : info->model;
    GString *json = g_string_new("{");
    mend_json_add_text(json, "procedure", result->procedure);
    mend_json_add_text(json, "version", MEND_VERSION);
    mend_json_add_text(json, "model", model);
    mend_json_add_text(json, "task", options->task);
    if (info->confidence > 0)
        mend_json_add_number(json, "confidence", round(info->confidence * 1e4) / 1e4);
    mend_json_add_text(json, "sampler", info->sampler);
    mend_json_add_number(json, "steps", info->steps);
    if (info->mirror)
        mend_json_add_flag(json, "mirror", TRUE);
    mend_json_add_number(json, "seed", options->seed);
    mend_json_add_number(json, "strength", options->strength);
    if (strcmp(options->task, "inpainting") == 0)
        mend_json_add_number(json, "grain", options->grain);
    if (result->map || result->alternative > 0) {
        mend_json_add_number(json, "alternatives",
                             result->map ? options->alternatives : result->alternative);
        mend_json_add_number(json, "variety", options->variety);
    }
    if (result->map)
        mend_json_add_flag(json, "uncertainty", TRUE);
    mend_json_add_text(json, "device", info->device_id);
    g_string_append_c(json, '}');
    return g_string_free(json, FALSE);
}

gboolean
mend_layer_attach_settings(GimpLayer *layer, const char *json)
{
    GimpParasite *parasite =
        gimp_parasite_new(MEND_PARASITE, GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE,
                          (guint32)strlen(json), json);
    gboolean ok = gimp_item_attach_parasite(GIMP_ITEM(layer), parasite);
    gimp_parasite_free(parasite);
    return ok;
}

static gboolean
fill_layer(GimpLayer *layer, const MendResult *result, GError **error)
{
    const GeglRectangle *rect = &result->pixels->rect;
    g_autoptr(GeglBuffer) buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(layer));
    g_autofree char *json = settings_json(result);
    int x = 0, y = 0;
    if (!buffer || !gimp_drawable_get_offsets(result->source, &x, &y) ||
        !gimp_layer_set_offsets(layer, x + rect->x - result->x, y + rect->y - result->y) ||
        !mend_layer_attach_settings(layer, json)) {
        mend_pdb_error(error, _("prepare the new layer"));
        return FALSE;
    }
    return mend_pixels_write(result->pixels, buffer, 0, 0, error);
}

GimpLayer *
mend_layer_blank(GimpImage *image, const char *name, int width, int height, GError **error)
{
    static const GimpImageType types[] = {
        [GIMP_RGB] = GIMP_RGBA_IMAGE,
        [GIMP_GRAY] = GIMP_GRAYA_IMAGE,
        [GIMP_INDEXED] = GIMP_INDEXEDA_IMAGE,
    };
    GimpLayer *layer =
        gimp_layer_new(image, name, width, height, types[gimp_image_get_base_type(image)], 100.0,
                       gimp_image_get_default_new_layer_mode(image));
    if (!layer)
        mend_pdb_error(error, _("make a new layer"));
    return layer;
}

GimpLayer *
mend_layer_new(const MendResult *result, GimpImage *image, GError **error)
{
    const GeglRectangle *rect = &result->pixels->rect;
    g_autofree char *name = mend_layer_name(result);
    GimpLayer *layer = mend_layer_blank(image, name, rect->width, rect->height, error);
    if (!layer)
        return NULL;
    if (!fill_layer(layer, result, error)) {
        gimp_item_delete(GIMP_ITEM(layer));
        return NULL;
    }
    gimp_drawable_update(GIMP_DRAWABLE(layer), 0, 0, rect->width, rect->height);
    return layer;
}

/* mask *= rect of by. */
static void
multiply_mask(GeglBuffer *mask, GeglBuffer *by, const GeglRectangle *rect)
{
    const Babl *format = babl_format("Y float");
    GeglBufferIterator *it =
        gegl_buffer_iterator_new(mask, NULL, 0, format, GEGL_ACCESS_READWRITE, GEGL_ABYSS_NONE, 2);
    gegl_buffer_iterator_add(it, by, rect, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE);
    while (gegl_buffer_iterator_next(it)) {
        float *a = it->items[0].data;
        const float *b = it->items[1].data;
        for (int i = 0; i < it->length; i++)
            a[i] *= b[i];
    }
}

/* The source's mask, where it has one in use. */
static GimpLayerMask *
used_mask(GimpDrawable *source)
{
    if (!GIMP_IS_LAYER(source))
        return NULL;
    GimpLayer *layer = GIMP_LAYER(source);
    return gimp_layer_get_apply_mask(layer) ? gimp_layer_get_mask(layer) : NULL;
}

static gboolean
add_mask(GimpLayer *layer, const MendResult *result)
{
    const GeglRectangle *rect = &result->pixels->rect;
    GimpLayerMask *own = used_mask(result->source);
    if (!own && !result->selection)
        return TRUE;
    GimpLayerMask *mask = gimp_layer_create_mask(layer, GIMP_ADD_MASK_WHITE);
    if (!mask || !gimp_layer_add_mask(layer, mask))
        return FALSE;
    g_autoptr(GeglBuffer) to = gimp_drawable_get_buffer(GIMP_DRAWABLE(mask));
    g_autoptr(GeglBuffer) by = own ? gimp_drawable_get_buffer(GIMP_DRAWABLE(own)) : NULL;
    if (!to || (own && !by))
        return FALSE;
    if (result->selection)
        multiply_mask(to, result->selection, rect);
    if (by)
        multiply_mask(to, by, rect);
    gegl_buffer_flush(to);
    return gimp_drawable_update(GIMP_DRAWABLE(mask), 0, 0, rect->width, rect->height);
}

gboolean
mend_layer_place(GimpDrawable *drawable, GimpLayer **parent, int *position, GError **error)
{
    GimpItem *item = GIMP_ITEM(drawable), *group = gimp_item_get_parent(item);
    *parent = group ? GIMP_LAYER(group) : NULL;
    *position = gimp_image_get_item_position(gimp_item_get_image(item), item);
    if (*position >= 0)
        return TRUE;
    mend_pdb_error(error, _("add the new layer"));
    return FALSE;
}

gboolean
mend_layer_insert(GimpLayer *layer, GimpLayer *parent, int position, const MendResult *result,
                  GError **error)
{
    GimpImage *image = gimp_item_get_image(GIMP_ITEM(layer));
    if (!gimp_image_insert_layer(image, layer, parent, position)) {
        mend_pdb_error(error, _("add the new layer"));
        gimp_item_delete(GIMP_ITEM(layer));
        return FALSE;
    }
    if (!add_mask(layer, result)) {
        mend_pdb_error(error, _("give the new layer its mask"));
        gimp_image_remove_layer(image, layer);
        return FALSE;
    }
    return TRUE;
}

/* Where nothing is selected, shadow's rect gets the present pixels back. */
static void
keep_unselected(GeglBuffer *shadow, GeglBuffer *present, const MendResult *result)
{
    const GeglRectangle *rect = &result->pixels->rect;
    const Babl *format = gegl_buffer_get_format(shadow);
    size_t bytes = (size_t)babl_format_get_bytes_per_pixel(format);
    GeglBufferIterator *it = gegl_buffer_iterator_new(shadow, rect, 0, format,
                                                      GEGL_ACCESS_READWRITE, GEGL_ABYSS_NONE, 3);
    gegl_buffer_iterator_add(it, present, rect, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE);
    gegl_buffer_iterator_add(it, result->selection, rect, 0, babl_format("Y float"),
                             GEGL_ACCESS_READ, GEGL_ABYSS_NONE);
    while (gegl_buffer_iterator_next(it)) {
        char *to = it->items[0].data;
        const char *from = it->items[1].data;
        const float *selected = it->items[2].data;
        for (int i = 0; i < it->length; i++) {
            if (!(selected[i] > 0))
                memcpy(to + (size_t)i * bytes, from + (size_t)i * bytes, bytes);
        }
    }
}

gboolean
mend_layer_send_pixels(const MendResult *result, GError **error)
{
    const GeglRectangle *rect = &result->pixels->rect;
    g_autoptr(GeglBuffer) shadow = gimp_drawable_get_shadow_buffer(result->source);
    g_autoptr(GeglBuffer) present = gimp_drawable_get_buffer(result->source);
    if (!shadow || !present) {
        mend_pdb_error(error, _("take the new pixels"));
        return FALSE;
    }
    gboolean moved = mend_source_moved(result->source, rect, result->selection);
    if (moved) /* what is empty would be taken too */
        gegl_buffer_copy(present, NULL, GEGL_ABYSS_NONE, shadow, NULL);
    if (!mend_pixels_write(result->pixels, shadow, rect->x, rect->y, error))
        return FALSE;
    if (moved && result->selection)
        keep_unselected(shadow, present, result);
    return TRUE;
}

gboolean
mend_layer_take_pixels(const MendResult *result, GError **error)
{
    const GeglRectangle *rect = &result->pixels->rect;
    if (!gimp_drawable_merge_shadow(result->source, TRUE)) {
        mend_pdb_error(error, _("replace the pixels"));
        return FALSE;
    }
    gimp_drawable_update(result->source, rect->x, rect->y, rect->width, rect->height);
    return TRUE;
}
