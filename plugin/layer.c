/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Result layers, their masks and settings. */
#include "plugin/layer.h"

#include "compute/json.h"
#include "compute/model.h"
#include "plugin/source.h"

#include <glib/gi18n-lib.h>
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

static void
add_string(GString *json, const char *key, const char *value)
{
    g_string_append_printf(json, "\"%s\": ", key);
    mend_json_quote(json, value);
    g_string_append(json, ", ");
}

/* "auto" becomes what was taken; a model given by its path stays a path. */
static char *
settings_json(const MendResult *result)
{
    const MendOptions *options = result->options;
    const MendRestoreInfo *info = result->info;
    const char *model = strchr(options->model, G_DIR_SEPARATOR) ? options->model : info->model;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    GString *json = g_string_new("{");
    add_string(json, "procedure", result->procedure);
    add_string(json, "version", MEND_VERSION);
    add_string(json, "model", model);
    add_string(json, "task", options->task);
    if (info->confidence > 0)
        g_string_append_printf(json, "\"confidence\": %s, ",
                               g_ascii_formatd(number, sizeof number, "%.4f", info->confidence));
    add_string(json, "sampler", info->sampler);
    g_string_append_printf(json, "\"steps\": %d, \"seed\": %d, ", info->steps, options->seed);
    g_string_append_printf(json, "\"strength\": %s, ",
                           g_ascii_dtostr(number, sizeof number, options->strength));
    if (strcmp(options->task, "inpainting") == 0)
        g_string_append_printf(json, "\"grain\": %s, ",
                               g_ascii_dtostr(number, sizeof number, options->grain));
    int alternatives = result->map ? options->alternatives : result->alternative;
    if (result->map || result->alternative > 0)
        g_string_append_printf(json, "\"alternatives\": %d, \"variety\": %s, ", alternatives,
                               g_ascii_dtostr(number, sizeof number, options->variety));
    if (result->map)
        g_string_append(json, "\"uncertainty\": true, ");
    add_string(json, "device", info->device_id);
    g_string_truncate(json, json->len - strlen(", "));
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
        !gimp_layer_set_offsets(layer, x + rect->x, y + rect->y) ||
        !mend_layer_attach_settings(layer, json)) {
        mend_pdb_error(error, _("prepare the new layer"));
        return FALSE;
    }
    return mend_pixels_write(result->pixels, buffer, 0, 0, error);
}

GimpLayer *
mend_layer_new(const MendResult *result, GimpImage *image, GError **error)
{
    static const GimpImageType types[] = {
        [GIMP_RGB] = GIMP_RGBA_IMAGE,
        [GIMP_GRAY] = GIMP_GRAYA_IMAGE,
        [GIMP_INDEXED] = GIMP_INDEXEDA_IMAGE,
    };
    const GeglRectangle *rect = &result->pixels->rect;
    g_autofree char *name = mend_layer_name(result);
    GimpLayer *layer = gimp_layer_new(image, name, rect->width, rect->height,
                                      types[gimp_image_get_base_type(image)], 100.0,
                                      gimp_image_get_default_new_layer_mode(image));
    if (!layer) {
        mend_pdb_error(error, _("make a new layer"));
        return NULL;
    }
    if (!fill_layer(layer, result, error)) {
        gimp_item_delete(GIMP_ITEM(layer));
        return NULL;
    }
    gimp_drawable_update(GIMP_DRAWABLE(layer), 0, 0, rect->width, rect->height);
    return layer;
}

/* mask *= from, where from's layer lies at dx, dy as seen from mask's. */
static void
multiply_mask(GimpDrawable *mask, GimpDrawable *from, int dx, int dy)
{
    const Babl *format = babl_format("Y float");
    g_autoptr(GeglBuffer) to = gimp_drawable_get_buffer(mask);
    g_autoptr(GeglBuffer) by = gimp_drawable_get_buffer(from);
    GeglRectangle area = *gegl_buffer_get_extent(to);
    GeglBufferIterator *it =
        gegl_buffer_iterator_new(to, &area, 0, format, GEGL_ACCESS_READWRITE, GEGL_ABYSS_NONE, 2);
    area.x -= dx;
    area.y -= dy;
    gegl_buffer_iterator_add(it, by, &area, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE);
    while (gegl_buffer_iterator_next(it)) {
        float *a = it->items[0].data;
        const float *b = it->items[1].data;
        for (int i = 0; i < it->length; i++)
            a[i] *= b[i];
    }
}

/* The source's mask, where it is in use. */
static GimpLayerMask *
used_mask(GimpDrawable *source)
{
    GimpLayer *layer = GIMP_LAYER(source);
    return gimp_layer_get_apply_mask(layer) ? gimp_layer_get_mask(layer) : NULL;
}

static gboolean
add_mask(GimpLayer *layer, GimpDrawable *source, GimpImage *image)
{
    GimpLayerMask *own = used_mask(source);
    gboolean selected = !gimp_selection_is_empty(image);
    if (!own && !selected)
        return TRUE;
    GimpLayerMask *mask =
        gimp_layer_create_mask(layer, selected ? GIMP_ADD_MASK_SELECTION : GIMP_ADD_MASK_WHITE);
    int x = 0, y = 0, source_x = 0, source_y = 0;
    if (!mask || !gimp_layer_add_mask(layer, mask) ||
        !gimp_drawable_get_offsets(GIMP_DRAWABLE(layer), &x, &y) ||
        !gimp_drawable_get_offsets(source, &source_x, &source_y))
        return FALSE;
    if (own)
        multiply_mask(GIMP_DRAWABLE(mask), GIMP_DRAWABLE(own), source_x - x, source_y - y);
    return gimp_drawable_update(GIMP_DRAWABLE(mask), 0, 0,
                                gimp_drawable_get_width(GIMP_DRAWABLE(mask)),
                                gimp_drawable_get_height(GIMP_DRAWABLE(mask)));
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
mend_layer_insert(GimpLayer *layer, GimpLayer *parent, int position, GimpDrawable *source,
                  GError **error)
{
    GimpImage *image = gimp_item_get_image(GIMP_ITEM(layer));
    if (!gimp_image_insert_layer(image, layer, parent, position)) {
        mend_pdb_error(error, _("add the new layer"));
        gimp_item_delete(GIMP_ITEM(layer));
        return FALSE;
    }
    if (source && !add_mask(layer, source, image)) {
        mend_pdb_error(error, _("give the new layer its mask"));
        gimp_image_remove_layer(image, layer);
        return FALSE;
    }
    return TRUE;
}

gboolean
mend_layer_send_pixels(const MendResult *result, GError **error)
{
    const GeglRectangle *rect = &result->pixels->rect;
    g_autoptr(GeglBuffer) shadow = gimp_drawable_get_shadow_buffer(result->source);
    if (!shadow) {
        mend_pdb_error(error, _("take the new pixels"));
        return FALSE;
    }
    return mend_pixels_write(result->pixels, shadow, rect->x, rect->y, error);
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
