/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles: even division, mirrored reads, kept parts written. */
#include "compute/tiler.h"

#include <string.h>

static int
round_up(int value, int align)
{
    return (value + align - 1) / align * align;
}

/* n tiles of at most core pixels cover side; this is the side of equal ones. */
static int
even_core(int side, int core, int align)
{
    int n = (side - 1) / core + 1;
    return round_up((side - 1) / n + 1, align);
}

MendTiler
mend_tiler(int width, int height, int core, int overlap, int align)
{
    int most = round_up(core, align);
    return (MendTiler){
        .width = width,
        .height = height,
        .core_w = even_core(width, most, align),
        .core_h = even_core(height, most, align),
        .overlap = round_up(overlap, align),
    };
}

MendTiler
mend_tiler_whole(int width, int height, int align)
{
    return (MendTiler){
        .width = width,
        .height = height,
        .core_w = round_up(width, align),
        .core_h = round_up(height, align),
        .whole = TRUE,
    };
}

static int
columns(const MendTiler *tiler)
{
    return (tiler->width - 1) / tiler->core_w + 1;
}

int
mend_tiler_count(const MendTiler *tiler)
{
    return columns(tiler) * ((tiler->height - 1) / tiler->core_h + 1);
}

MendTile
mend_tiler_at(const MendTiler *tiler, int index)
{
    int x = index % columns(tiler) * tiler->core_w, y = index / columns(tiler) * tiler->core_h;
    return (MendTile){x, y, MIN(tiler->core_w, tiler->width - x),
                      MIN(tiler->core_h, tiler->height - y)};
}

int
mend_tiler_side_w(const MendTiler *tiler)
{
    return tiler->core_w + 2 * tiler->overlap;
}

int
mend_tiler_side_h(const MendTiler *tiler)
{
    return tiler->core_h + 2 * tiler->overlap;
}

static int
mirror(int i, int n)
{
    int period = MAX(2 * (n - 1), 1);
    int k = i % period;
    if (k < 0)
        k += period;
    return k < n ? k : period - k;
}

static int
wrap(int i, int n)
{
    int k = i % n;
    return k < 0 ? k + n : k;
}

/* from[i]: which of n picture pixels is at first + i; -1 where there is nothing but zero. */
static int *
sources(const MendTiler *tiler, int first, int side, int n)
{
    int *from = g_new(int, side);
    for (int i = 0; i < side; i++) {
        if (tiler->whole)
            from[i] = i < n ? i : -1;
        else
            from[i] = tiler->wrap ? wrap(first + i, n) : mirror(first + i, n);
    }
    return from;
}

void
mend_tiler_read(const MendTiler *tiler, MendTile tile, MendTensor picture, MendTensor dst)
{
    int side_w = mend_tiler_side_w(tiler), side_h = mend_tiler_side_h(tiler);
    g_autofree int *from_x =
        sources(tiler, tile.x + tiler->shift_x - tiler->overlap, side_w, picture.shape.w);
    g_autofree int *from_y =
        sources(tiler, tile.y + tiler->shift_y - tiler->overlap, side_h, picture.shape.h);
    for (int c = 0; c < picture.shape.c; c++) {
        const float *plane = mend_tensor_plane(picture, c).data;
        float *row = mend_tensor_plane(dst, c).data;
        for (int y = 0; y < side_h; y++, row += side_w) {
            if (from_y[y] < 0) {
                memset(row, 0, (size_t)side_w * sizeof *row);
                continue;
            }
            const float *src = plane + (size_t)from_y[y] * (size_t)picture.shape.w;
            for (int x = 0; x < side_w; x++)
                row[x] = from_x[x] < 0 ? 0.0f : src[from_x[x]];
        }
    }
}

/* A tile that was moved may reach over the edges. */
void
mend_tiler_write(const MendTiler *tiler, MendTile tile, MendTensor src, MendTensor picture)
{
    size_t side_w = (size_t)mend_tiler_side_w(tiler), width = (size_t)picture.shape.w;
    size_t first = (size_t)wrap(tile.x + tiler->shift_x, picture.shape.w);
    size_t before = MIN((size_t)tile.w, width - first), beyond = (size_t)tile.w - before;
    for (int c = 0; c < picture.shape.c; c++) {
        const float *from = mend_tensor_plane(src, c).data + (size_t)tiler->overlap * side_w +
                            (size_t)tiler->overlap;
        float *plane = mend_tensor_plane(picture, c).data;
        for (int y = 0; y < tile.h; y++, from += side_w) {
            float *to = plane + (size_t)wrap(tile.y + tiler->shift_y + y, picture.shape.h) * width;
            memcpy(to + first, from, before * sizeof *to);
            memcpy(to, from + before, beyond * sizeof *to);
        }
    }
}

gboolean
mend_tiler_meets(const MendTiler *tiler, MendTile tile, MendTensor mask)
{
    int left = tile.x + tiler->shift_x, top = tile.y + tiler->shift_y;
    for (int y = top; y < top + tile.h; y++) {
        const float *row = mask.data + (size_t)y * (size_t)mask.shape.w;
        for (int x = left; x < left + tile.w; x++)
            if (row[x] > 0)
                return TRUE;
    }
    return FALSE;
}
