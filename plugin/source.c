/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading drawables: selection, locks, layer effects. */
#include "plugin/source.h"

#include "compute/error.h"
#include "compute/restore.h"

#include <glib/gi18n-lib.h>
#include <string.h>

void
mend_pdb_error(GError **error, const char *what)
{
    const char *reason = gimp_pdb_get_last_error(gimp_get_pdb());
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, _("GIMP could not %s: %s"), what,
                reason && *reason ? reason : _("no reason was given"));
}

gboolean
mend_source_in_place(GimpDrawable *drawable, const char *output)
{
    if (strcmp(output, "new-image") == 0)
        return FALSE;
    return strcmp(output, "in-place") == 0 || !gimp_item_is_layer(GIMP_ITEM(drawable));
}

/* The item whose content lock forbids to change item: itself, its mask's layer, or a group above.
 */
static GimpItem *
locked_by(GimpItem *item)
{
    if (gimp_item_is_layer_mask(item)) {
        if (gimp_item_get_lock_content(item))
            return item;
        item = GIMP_ITEM(gimp_layer_from_mask(GIMP_LAYER_MASK(item)));
    }
    while (item && !gimp_item_get_lock_content(item))
        item = gimp_item_get_parent(item);
    return item;
}

static gboolean
check_in_place(GimpItem *item, const char *name, GError **error)
{
    GimpItem *locked = locked_by(item);
    if (gimp_item_is_group(item)) {
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_IMAGE,
            _("The pixels of the layer group “%s” cannot be replaced. Choose another output, "
              "or one of its layers."),
            name);
        return FALSE;
    }
    if (locked) {
        g_autofree char *by = gimp_item_get_name(locked);
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    _("The pixels of “%s” cannot be replaced: “%s” is locked. Unlock it, or choose "
                      "another output."),
                    name, by);
        return FALSE;
    }
    return TRUE;
}

gboolean
mend_image_check(GimpImage *image, GError **error)
{
    if (!gimp_image_get_floating_sel(image))
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                _("The image has a floating selection. Anchor it or make it a layer first."));
    return FALSE;
}

gboolean
mend_source_check(GimpDrawable *drawable, const char *output, GError **error)
{
    GimpItem *item = GIMP_ITEM(drawable);
    g_autofree char *name = gimp_item_get_name(item);
    int x, y, w, h;
    if (!mend_image_check(gimp_item_get_image(item), error))
        return FALSE;
    if (mend_source_in_place(drawable, output) && !check_in_place(item, name, error))
        return FALSE;
    if (!gimp_drawable_mask_intersect(drawable, &x, &y, &w, &h) || w < 1 || h < 1) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    _("The selection does not touch “%s”. Select a part of it, or nothing."), name);
        return FALSE;
    }
    return TRUE;
}

GimpImage *
mend_image_new_like(GimpImage *image, int width, int height, GError **error)
{
    GimpImageBaseType type = gimp_image_get_base_type(image);
    type = type == GIMP_INDEXED ? GIMP_RGB : type;
    GimpImage *made =
        gimp_image_new_with_precision(width, height, type, gimp_image_get_precision(image));
    g_autoptr(GimpColorProfile) profile = gimp_image_get_color_profile(image);
    g_autoptr(GimpMetadata) metadata = gimp_image_get_metadata(image);
    double xres = 0, yres = 0;
    gboolean ok = made && gimp_image_undo_disable(made);
    ok = ok && (!profile || gimp_image_set_color_profile(made, profile));
    ok = ok && (!metadata || gimp_image_set_metadata(made, metadata));
    ok = ok && gimp_image_get_resolution(image, &xres, &yres);
    ok = ok && gimp_image_set_resolution(made, xres, yres);
    if (ok)
        return made;
    mend_pdb_error(error, _("make a new image"));
    if (made)
        gimp_image_delete(made);
    return NULL;
}

static gboolean
has_filters(GimpDrawable *drawable)
{
    g_autofree GimpDrawableFilter **filters = gimp_drawable_get_filters(drawable);
    return filters && filters[0];
}

/* layer, or what replaces it in its image, with its effects merged; NULL on failure. A group's can
 * only be merged together with its layers. */
static GimpLayer *
merge_effects(GimpLayer *layer)
{
    if (!gimp_item_is_group(GIMP_ITEM(layer)))
        return gimp_drawable_merge_filters(GIMP_DRAWABLE(layer)) ? layer : NULL;
    if (gimp_layer_get_mask(layer) && !gimp_layer_remove_mask(layer, GIMP_MASK_DISCARD))
        return NULL;
    gboolean plain =
        gimp_layer_set_opacity(layer, 100) && gimp_layer_set_mode(layer, GIMP_LAYER_MODE_NORMAL);
    return plain ? gimp_group_layer_merge(GIMP_GROUP_LAYER(layer)) : NULL;
}

/* A copy of drawable with its effects merged, in a scratch image. They may have grown it. */
static GimpDrawable *
merged_copy(MendSource *source, GimpDrawable *drawable, GError **error)
{
    source->scratch = mend_image_new_like(gimp_item_get_image(GIMP_ITEM(drawable)),
                                          gimp_drawable_get_width(drawable),
                                          gimp_drawable_get_height(drawable), error);
    if (!source->scratch)
        return NULL;
    GimpLayer *copy = gimp_layer_new_from_drawable(drawable, source->scratch);
    int x = 0, y = 0, copy_x = 0, copy_y = 0;
    gboolean ok = copy && gimp_image_insert_layer(source->scratch, copy, NULL, 0) &&
                  (copy = merge_effects(copy)) && gimp_drawable_get_offsets(drawable, &x, &y) &&
                  gimp_drawable_get_offsets(GIMP_DRAWABLE(copy), &copy_x, &copy_y);
    if (!ok) {
        mend_pdb_error(error, _("merge the layer's effects"));
        return NULL;
    }
    source->dx = x - copy_x;
    source->dy = y - copy_y;
    return GIMP_DRAWABLE(copy);
}

gboolean
mend_source_open(MendSource *source, GimpDrawable *drawable, const char *output, GError **error)
{
    GeglRectangle *rect = &source->rect;
    gboolean merge = !mend_source_in_place(drawable, output) && has_filters(drawable);
    *source = (MendSource){0};
    if (!gimp_drawable_mask_intersect(drawable, &rect->x, &rect->y, &rect->width, &rect->height)) {
        mend_pdb_error(error, _("tell what is selected"));
        return FALSE;
    }
    source->seen = merge ? merged_copy(source, drawable, error) : drawable;
    if (!source->seen)
        return FALSE;
    source->buffer = gimp_drawable_get_buffer(source->seen);
    if (!source->buffer) {
        mend_pdb_error(error, _("read the pixels"));
        return FALSE;
    }
    rect->x += source->dx;
    rect->y += source->dy;
    if (!gegl_rectangle_contains(gegl_buffer_get_extent(source->buffer), rect)) {
        g_autofree char *name = gimp_item_get_name(GIMP_ITEM(drawable));
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    _("“%s” does not cover the selected part. Merge its effects first."), name);
        return FALSE;
    }
    return TRUE;
}

void
mend_source_close(MendSource *source)
{
    g_clear_object(&source->buffer);
    if (source->scratch)
        gimp_image_delete(source->scratch);
    source->scratch = NULL;
}

gboolean
mend_source_read(GimpDrawable *drawable, const MendOptions *options, MendPixels *pixels,
                 GError **error)
{
    g_auto(MendSource) source = {0};
    if (!mend_source_open(&source, drawable, options->output, error))
        return FALSE;
    int margin = mend_restore_margin(options->task, MAX(source.rect.width, source.rect.height));
    if (!mend_pixels_read(pixels, source.buffer, source.rect, margin, error))
        return FALSE;
    pixels->rect.x -= source.dx;
    pixels->rect.y -= source.dy;
    pixels->context.x -= source.dx;
    pixels->context.y -= source.dy;
    return TRUE;
}

/* The values of channel where area of drawable lies in the image. */
static gboolean
read_channel(GimpChannel *channel, GimpDrawable *drawable, GeglRectangle area, MendTensor *values,
             GError **error)
{
    g_autoptr(GeglBuffer) buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(channel));
    int x = 0, y = 0, channel_x = 0, channel_y = 0;
    if (!buffer || !gimp_drawable_get_offsets(drawable, &x, &y) ||
        !gimp_drawable_get_offsets(GIMP_DRAWABLE(channel), &channel_x, &channel_y)) {
        mend_pdb_error(error, _("tell what is selected"));
        return FALSE;
    }
    *values = mend_tensor_new((MendShape){1, area.height, area.width}, error);
    if (!values->data)
        return FALSE;
    area.x += x - channel_x;
    area.y += y - channel_y;
    gegl_buffer_get(buffer, &area, 1.0, babl_format("Y float"), values->data, GEGL_AUTO_ROWSTRIDE,
                    GEGL_ABYSS_NONE);
    return TRUE;
}

gboolean
mend_source_read_mask(GimpDrawable *drawable, const MendOptions *options, GimpChannel *own,
                      GeglRectangle area, MendTensor *mask, GError **error)
{
    GimpImage *image = gimp_item_get_image(GIMP_ITEM(drawable));
    *mask = (MendTensor){0};
    if (own)
        return read_channel(own, drawable, area, mask, error);
    if (strcmp(options->task, "inpainting") != 0 || gimp_selection_is_empty(image))
        return TRUE;
    if (!read_channel(GIMP_CHANNEL(gimp_image_get_selection(image)), drawable, area, mask, error))
        return FALSE;
    gboolean soft = strcmp(options->output, "new-image") == 0; /* else GIMP blends, once */
    for (size_t i = 0; !soft && i < mend_shape_count(mask->shape); i++)
        mask->data[i] = mask->data[i] > 0;
    return TRUE;
}

GeglBuffer *
mend_source_selection(GimpDrawable *drawable, const GeglRectangle *rect, GError **error)
{
    GimpImage *image = gimp_item_get_image(GIMP_ITEM(drawable));
    GeglRectangle area = *rect;
    int x = 0, y = 0;
    if (gimp_selection_is_empty(image))
        return NULL;
    g_autoptr(GeglBuffer) all =
        gimp_drawable_get_buffer(GIMP_DRAWABLE(gimp_image_get_selection(image)));
    if (!all || !gimp_drawable_get_offsets(drawable, &x, &y)) {
        mend_pdb_error(error, _("tell what is selected"));
        return NULL;
    }
    area.x += x;
    area.y += y;
    GeglBuffer *copy = gegl_buffer_new(rect, gegl_buffer_get_format(all));
    gegl_buffer_copy(all, &area, GEGL_ABYSS_NONE, copy, rect);
    return copy;
}

static gboolean
same_values(GeglBuffer *a, GeglBuffer *b)
{
    const Babl *format = babl_format("Y float");
    GeglBufferIterator *it =
        gegl_buffer_iterator_new(a, NULL, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE, 2);
    gegl_buffer_iterator_add(it, b, NULL, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE);
    gboolean same = TRUE;
    while (same && gegl_buffer_iterator_next(it))
        same =
            memcmp(it->items[0].data, it->items[1].data, (size_t)it->length * sizeof(float)) == 0;
    if (!same)
        gegl_buffer_iterator_stop(it);
    return same;
}

gboolean
mend_source_moved(GimpDrawable *drawable, const GeglRectangle *rect, GeglBuffer *selection)
{
    GeglRectangle now = {0};
    if (!gimp_drawable_mask_intersect(drawable, &now.x, &now.y, &now.width, &now.height) ||
        !gegl_rectangle_equal(&now, rect))
        return TRUE;
    g_autoptr(GeglBuffer) present = mend_source_selection(drawable, rect, NULL);
    return present && selection ? !same_values(present, selection) : present != selection;
}

gboolean
mend_source_still(GimpDrawable *drawable, const char *output, const MendPixels *pixels)
{
    g_auto(MendSource) source = {0};
    return mend_source_open(&source, drawable, output, NULL) &&
           mend_pixels_still(pixels, source.buffer, source.dx, source.dy);
}
