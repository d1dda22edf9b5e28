/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computed drawables into an image. */
#include "plugin/commit.h"

#include "plugin/source.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Those that are in no image. */
static void
drop_layers(MendPiece *pieces, int n)
{
    for (int i = 0; i < n; i++) {
        if (pieces[i].layer)
            gimp_item_delete(GIMP_ITEM(pieces[i].layer));
        pieces[i].layer = NULL;
        g_clear_pointer(&pieces[i].variants.layers, g_ptr_array_unref);
    }
}

void
mend_piece_clear(MendPiece *piece)
{
    mend_pixels_clear(&piece->pixels);
    g_clear_object(&piece->selection);
    mend_variants_clear(&piece->variants);
    drop_layers(piece, 1);
}

static MendResult
result_of(const MendPiece *piece, const char *procedure)
{
    return (MendResult){.source = piece->drawable,
                        .pixels = &piece->pixels,
                        .selection = piece->selection,
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

/* The piece at position i of a new image. */
static gboolean
add_to_image(GimpImage *image, MendPiece *piece, const MendResult *result, int i, GPtrArray *layers,
             GError **error)
{
    MendVariants *variants = &piece->variants;
    if (!make_layers(piece, result, image, error))
        return FALSE;
    GimpLayer *layer = g_steal_pointer(&piece->layer);
    if (mend_variants_any(variants))
        return mend_variants_insert(variants, result, image, NULL, i, layer, layers, error) != NULL;
    g_ptr_array_add(layers, layer);
    return mend_layer_insert(layer, NULL, i, result, error);
}

static gboolean
commit_new_image(MendPiece *pieces, int n, GimpImage *old, const char *procedure, GPtrArray *layers,
                 GError **error)
{
    GeglRectangle all = bounds_of(pieces, n);
    GimpImage *image = mend_image_new_like(old, all.width, all.height, error);
    for (int i = 0; image && i < n; i++) {
        MendResult result = result_of(&pieces[i], procedure);
        result.selection = NULL; /* the bounding box is all that a new image has of it */
        result.x = all.x;
        result.y = all.y;
        if (!add_to_image(image, &pieces[i], &result, i, layers, error)) {
            g_ptr_array_set_size(layers, 0);
            drop_layers(pieces, n);
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
                                     layers, error);
    } else if (mend_layer_insert(layer, parent, position, &result, error)) {
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
    gboolean ready = TRUE;
    for (int i = 0; ready && i < n; i++)
        ready = prepare(&pieces[i], image, procedure, output, error);
    if (ready && !gimp_image_undo_group_start(image)) {
        mend_pdb_error(error, _("change the image"));
        ready = FALSE;
    }
    if (!ready) {
        drop_layers(pieces, n);
        return FALSE;
    }
    gboolean ok = commit_all(pieces, n, image, procedure, layers, error);
    drop_layers(pieces, n);
    if (!gimp_image_undo_group_end(image)) /* the results are there all the same */
        g_warning("GIMP could not close the undo step.");
    return ok;
}
