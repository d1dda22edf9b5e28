/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computed drawables into an image. */
#include "plugin/commit.h"

#include "plugin/source.h"

#include <glib/gi18n-lib.h>
#include <string.h>

void
mend_piece_clear(MendPiece *piece)
{
    mend_pixels_clear(&piece->pixels);
    mend_variants_clear(&piece->variants);
    if (piece->layer)
        gimp_item_delete(GIMP_ITEM(piece->layer));
    piece->layer = NULL;
}

static MendResult
result_of(const MendPiece *piece, const char *procedure)
{
    return (MendResult){.source = piece->drawable,
                        .pixels = &piece->pixels,
                        .options = &piece->options,
                        .info = &piece->info,
                        .procedure = procedure};
}

/* The rectangle of all results in their image. */
static GeglRectangle
bounds_of(const MendPiece *pieces, int n)
{
    GeglRectangle all = {0};
    for (int i = 0; i < n; i++) {
        GeglRectangle rect = pieces[i].pixels.rect;
        int x = 0, y = 0;
        gimp_drawable_get_offsets(pieces[i].drawable, &x, &y);
        rect.x += x;
        rect.y += y;
        gegl_rectangle_bounding_box(&all, &all, &rect);
    }
    return all;
}

static gboolean
make_layers(MendPiece *piece, const MendResult *result, GimpImage *image, GError **error)
{
    piece->layer = mend_layer_new(result, image, error);
    return piece->layer && (!mend_variants_any(&piece->variants) ||
                            mend_variants_prepare(&piece->variants, result, image, error));
}

/* To where the layer lies as seen from x, y. */
static gboolean
shift(GimpLayer *layer, int x, int y, GError **error)
{
    int layer_x = 0, layer_y = 0;
    if (gimp_drawable_get_offsets(GIMP_DRAWABLE(layer), &layer_x, &layer_y) &&
        gimp_layer_set_offsets(layer, layer_x - x, layer_y - y))
        return TRUE;
    mend_pdb_error(error, _("add a layer to the new image"));
    return FALSE;
}

/* The piece at position i of a new image whose corner is at x, y of the old. */
static gboolean
add_to_image(GimpImage *image, MendPiece *piece, const MendResult *result, int i, int x, int y,
             GPtrArray *layers, GError **error)
{
    MendVariants *variants = &piece->variants;
    if (!make_layers(piece, result, image, error) || !shift(piece->layer, x, y, error))
        return FALSE;
    GimpLayer *layer = g_steal_pointer(&piece->layer);
    if (!mend_variants_any(variants)) {
        g_ptr_array_add(layers, layer);
        return mend_layer_insert(layer, NULL, i, NULL, error);
    }
    gboolean ok = TRUE;
    for (guint k = 0; ok && k < variants->layers->len; k++)
        ok = shift(variants->layers->pdata[k], x, y, error);
    if (!ok)
        gimp_item_delete(GIMP_ITEM(layer));
    return ok && mend_variants_insert(variants, result, image, NULL, i, layer, FALSE, layers,
                                      error) != NULL;
}

static gboolean
commit_new_image(MendPiece *pieces, int n, GimpImage *old, const char *procedure, GPtrArray *layers,
                 GError **error)
{
    GeglRectangle all = bounds_of(pieces, n);
    GimpImage *image = mend_image_new_like(old, all.width, all.height, error);
    for (int i = 0; image && i < n; i++) {
        MendResult result = result_of(&pieces[i], procedure);
        if (!add_to_image(image, &pieces[i], &result, i, all.x, all.y, layers, error)) {
            g_ptr_array_set_size(layers, 0);
            gimp_image_delete(image);
            return FALSE;
        }
    }
    if (image)
        gimp_image_undo_enable(image);
    return image != NULL;
}

/* All that needs memory or sends pixels; the image does not change. */
static gboolean
prepare(MendPiece *piece, GimpImage *image, const char *procedure, const char *output,
        GError **error)
{
    MendResult result = result_of(piece, procedure);
    if (!mend_source_in_place(piece->drawable, output))
        return make_layers(piece, &result, image, error);
    return mend_layer_send_pixels(&result, error) &&
           (!mend_variants_any(&piece->variants) ||
            mend_variants_prepare(&piece->variants, &result, image, error));
}

/* tops: gets what is new in the image, a layer or a group. */
static gboolean
commit(MendPiece *piece, GimpImage *image, const char *procedure, GPtrArray *layers,
       GPtrArray *tops, GError **error)
{
    MendResult result = result_of(piece, procedure);
    GimpLayer *layer = piece->layer, *parent = NULL;
    gboolean group = mend_variants_any(&piece->variants);
    int position = 0;
    if (!layer && !mend_layer_take_pixels(&result, error))
        return FALSE;
    if (!layer && !group)
        return TRUE;
    if (!mend_layer_place(piece->drawable, &parent, &position, error))
        return FALSE;
    piece->layer = NULL;
    if (group) {
        layer = mend_variants_insert(&piece->variants, &result, image, parent, position, layer,
                                     TRUE, layers, error);
    } else if (mend_layer_insert(layer, parent, position, piece->drawable, error)) {
        g_ptr_array_add(layers, layer);
    } else {
        layer = NULL;
    }
    if (layer)
        g_ptr_array_add(tops, layer);
    return layer != NULL;
}

static gboolean
commit_all(MendPiece *pieces, int n, GimpImage *image, const char *procedure, GPtrArray *layers,
           GError **error)
{
    g_autoptr(GPtrArray) tops = g_ptr_array_new();
    gboolean ok = TRUE;
    for (int i = 0; ok && i < n; i++)
        ok = commit(&pieces[i], image, procedure, layers, tops, error);
    if (ok)
        return TRUE;
    for (guint i = 0; i < tops->len; i++)
        gimp_image_remove_layer(image, tops->pdata[i]);
    g_ptr_array_set_size(layers, 0);
    return FALSE;
}

gboolean
mend_pieces_commit(MendPiece *pieces, int n, GimpImage *image, const char *procedure,
                   const char *output, GPtrArray *layers, GError **error)
{
    if (strcmp(output, "new-image") == 0)
        return commit_new_image(pieces, n, image, procedure, layers, error);
    for (int i = 0; i < n; i++) {
        if (!prepare(&pieces[i], image, procedure, output, error))
            return FALSE;
    }
    if (!gimp_image_undo_group_start(image)) {
        mend_pdb_error(error, _("change the image"));
        return FALSE;
    }
    gboolean ok = commit_all(pieces, n, image, procedure, layers, error);
    if (!gimp_image_undo_group_end(image) && ok) {
        mend_pdb_error(error, _("close the undo step"));
        return FALSE;
    }
    return ok;
}
