/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alternatives and their map, from a job into a group of layers. */
#include "plugin/variants.h"

#include "plugin/source.h"

#include <glib/gi18n-lib.h>

static void
clear_tensor(gpointer data)
{
    mend_tensor_clear(data);
}

static void
delete_layer(gpointer data)
{
    gimp_item_delete(GIMP_ITEM(data));
}

void
mend_variants_clear(MendVariants *variants)
{
    g_clear_pointer(&variants->alternatives, g_array_unref);
    g_clear_pointer(&variants->layers, g_ptr_array_unref);
    mend_tensor_clear(&variants->map);
}

gboolean
mend_variants_any(const MendVariants *variants)
{
    return variants->alternatives || variants->map.data;
}

gboolean
mend_variants_add(MendVariants *variants, const MendPixels *pixels, MendTensor picture,
                  gboolean unchanged, GError **error)
{
    if (!variants->alternatives) {
        variants->alternatives = g_array_new(FALSE, FALSE, sizeof(MendTensor));
        g_array_set_clear_func(variants->alternatives, clear_tensor);
    }
    MendTensor kept = {0};
    if (!unchanged) {
        kept = mend_pixels_crop(pixels, picture, error);
        if (!kept.data)
            return FALSE;
    }
    g_array_append_val(variants->alternatives, kept);
    return TRUE;
}

gboolean
mend_variants_set_map(MendVariants *variants, const MendPixels *pixels, MendTensor deviation,
                      const MendAlternativesInfo *about, GError **error)
{
    g_auto(MendTensor) grey = mend_pixels_crop(pixels, deviation, error);
    if (!grey.data)
        return FALSE;
    size_t n = mend_shape_count(grey.shape);
    variants->map = mend_tensor_new((MendShape){3, grey.shape.h, grey.shape.w}, error);
    variants->about = *about;
    for (size_t i = 0; variants->map.data && i < 3 * n; i++)
        variants->map.data[i] = MIN(grey.data[i % n] / (float)about->white, 1.0f);
    return variants->map.data != NULL;
}

/* One hidden layer of rgb: alternative number, or the map. */
static gboolean
make_layer(MendVariants *variants, const MendResult *result, MendTensor rgb, int number,
           const MendAlternativesInfo *map, GimpImage *image, GError **error)
{
    MendPixels pixels = *result->pixels;
    MendResult own = *result;
    pixels.rgb = rgb;
    own.pixels = &pixels;
    own.alternative = number;
    own.map = map;
    GimpLayer *layer = mend_layer_new(&own, image, error);
    if (!layer)
        return FALSE;
    g_ptr_array_add(variants->layers, layer);
    if (gimp_item_set_visible(GIMP_ITEM(layer), FALSE))
        return TRUE;
    mend_pdb_error(error, _("hide a new layer"));
    return FALSE;
}

gboolean
mend_variants_prepare(MendVariants *variants, const MendResult *result, GimpImage *image,
                      GError **error)
{
    guint n = variants->alternatives ? variants->alternatives->len : 0;
    g_clear_pointer(&variants->layers, g_ptr_array_unref);
    variants->layers = g_ptr_array_new_with_free_func(delete_layer);
    for (guint i = 0; i < n; i++) {
        MendTensor rgb = g_array_index(variants->alternatives, MendTensor, i);
        if (!make_layer(variants, result, rgb, (int)i + 1, NULL, image, error))
            return FALSE;
    }
    return !variants->map.data ||
           make_layer(variants, result, variants->map, 0, &variants->about, image, error);
}

/* layer at the group's end. FALSE: layer is deleted. */
static gboolean
add_layer(GimpLayer *layer, const MendResult *result, GimpLayer *group, GPtrArray *layers,
          GError **error)
{
    int n = 0;
    g_autofree GimpItem **children = gimp_item_get_children(GIMP_ITEM(group));
    while (children && children[n])
        n++;
    if (!mend_layer_insert(layer, group, n, result, error))
        return FALSE;
    g_ptr_array_add(layers, layer);
    return TRUE;
}

/* As one layer would be seen: what is below shows through. */
static GimpLayer *
new_group(const MendResult *result, GimpImage *image, GimpLayer *parent, int position,
          GError **error)
{
    g_autofree char *single = mend_layer_name(result);
    /* Translators: the name of a layer */
    g_autofree char *name = g_strdup_printf(_("%s: alternatives"), single);
    GimpLayer *group = GIMP_LAYER(gimp_group_layer_new(image, name));
    if (group && gimp_layer_set_mode(group, GIMP_LAYER_MODE_PASS_THROUGH) &&
        gimp_image_insert_layer(image, group, parent, position))
        return group;
    mend_pdb_error(error, _("add a group of layers"));
    if (group)
        gimp_item_delete(GIMP_ITEM(group));
    return NULL;
}

GimpLayer *
mend_variants_insert(MendVariants *variants, const MendResult *result, GimpImage *image,
                     GimpLayer *parent, int position, GimpLayer *own, GPtrArray *layers,
                     GError **error)
{
    guint before = layers->len;
    GimpLayer *group = new_group(result, image, parent, position, error);
    if (!group) {
        if (own)
            gimp_item_delete(GIMP_ITEM(own));
        return NULL;
    }
    gboolean ok = !own || add_layer(own, result, group, layers, error);
    while (ok && variants->layers->len > 0)
        ok = add_layer(g_ptr_array_steal_index(variants->layers, 0), result, group, layers, error);
    if (ok)
        return group;
    g_ptr_array_set_size(layers, (int)before);
    gimp_image_remove_layer(image, group);
    return NULL;
}
