/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXIF: a walk over the few entries that say how the picture lies; turning it. */
#include "compute/pictures/exif.h"

#include <string.h>

enum {
    TAG_WIDTH = 0x100,
    TAG_HEIGHT = 0x101,
    TAG_ORIENTATION = 0x112,
    TAG_X_RESOLUTION = 0x11a,
    TAG_Y_RESOLUTION = 0x11b,
    TAG_EXIF = 0x8769, /* where the directory is that has the next two */
    TAG_PIXEL_WIDTH = 0xa002,
    TAG_PIXEL_HEIGHT = 0xa003,
    TYPE_SHORT = 3,
    ENTRY_BYTES = 12, /* tag, type: 2 each; count, value: 4 each */
    HEADER_BYTES = 8,
    TILE = 64, /* pixels; what is turned at once, so that columns are read from the cache */
};

typedef struct {
    guint8 *bytes; /* a copy */
    size_t size;
    gboolean little;
} Block;

/* A directory whose entries, and the offset after them, lie in the block; n 0: none. */
typedef struct {
    size_t at; /* the first entry */
    guint n;
} Directory;

static guint
get16(const Block *b, size_t at)
{
    const guint8 *p = b->bytes + at;
    return b->little ? (guint)(p[1] << 8 | p[0]) : (guint)(p[0] << 8 | p[1]);
}

static guint32
get32(const Block *b, size_t at)
{
    guint32 low = get16(b, b->little ? at : at + 2), high = get16(b, b->little ? at + 2 : at);
    return high << 16 | low;
}

static void
put16(Block *b, size_t at, guint value)
{
    b->bytes[b->little ? at : at + 1] = (guint8)(value & 255);
    b->bytes[b->little ? at + 1 : at] = (guint8)(value >> 8);
}

static Directory
directory_at(const Block *b, guint32 offset)
{
    if (offset < HEADER_BYTES || offset > b->size - 2)
        return (Directory){0};
    Directory d = {(size_t)offset + 2, get16(b, offset)};
    if (d.n > (b->size - d.at) / ENTRY_BYTES || b->size - d.at - d.n * ENTRY_BYTES < 4)
        d.n = 0;
    return d;
}

/* Where the first entry of the tag is, 0: nowhere. */
static size_t
find(const Block *b, Directory d, guint tag)
{
    for (guint i = 0; i < d.n; i++) {
        size_t at = d.at + (size_t)i * ENTRY_BYTES;
        if (get16(b, at) == tag)
            return at;
    }
    return 0;
}

/* Type, count and value, or where the value is: as it stands, for each is of the same size. */
static void
exchange(Block *b, Directory d, guint tag, guint other)
{
    size_t one = find(b, d, tag), two = find(b, d, other);
    guint8 kept[ENTRY_BYTES - 2];
    if (!one || !two)
        return;
    memcpy(kept, b->bytes + one + 2, sizeof kept);
    memcpy(b->bytes + one + 2, b->bytes + two + 2, sizeof kept);
    memcpy(b->bytes + two + 2, kept, sizeof kept);
}

static int
read_orientation(const Block *b, Directory d)
{
    size_t at = find(b, d, TAG_ORIENTATION);
    guint value = at && get16(b, at + 2) == TYPE_SHORT ? get16(b, at + 8) : 1;
    return value >= 1 && value <= 8 ? (int)value : 1;
}

/* Last, as directories of a block made in bad faith may lie over each other. */
static void
write_orientation(Block *b, Directory d)
{
    for (guint i = 0; i < d.n; i++) {
        size_t at = d.at + (size_t)i * ENTRY_BYTES;
        if (get16(b, at) == TAG_ORIENTATION && get16(b, at + 2) == TYPE_SHORT)
            put16(b, at + 8, 1);
    }
    memset(b->bytes + d.at + (size_t)d.n * ENTRY_BYTES, 0, 4); /* the thumbnail's directory */
}

static int
reset(Block *b, Directory first)
{
    int orientation = read_orientation(b, first);
    size_t pointer = find(b, first, TAG_EXIF);
    if (orientation >= 5) {
        Directory second = pointer ? directory_at(b, get32(b, pointer + 8)) : (Directory){0};
        exchange(b, first, TAG_WIDTH, TAG_HEIGHT);
        exchange(b, first, TAG_X_RESOLUTION, TAG_Y_RESOLUTION);
        exchange(b, second, TAG_PIXEL_WIDTH, TAG_PIXEL_HEIGHT);
    }
    write_orientation(b, first);
    return orientation;
}

int
mend_exif_reset(GBytes **block)
{
    Block b = {0};
    Directory first = {0};
    int orientation = 1;
    if (!*block)
        return orientation;
    b.bytes = g_bytes_unref_to_data(g_steal_pointer(block), &b.size);
    if (b.size >= HEADER_BYTES &&
        (memcmp(b.bytes, "II*\0", 4) == 0 || memcmp(b.bytes, "MM\0*", 4) == 0)) {
        b.little = b.bytes[0] == 'I';
        first = directory_at(&b, get32(&b, 4));
    }
    if (first.n == 0) {
        g_free(b.bytes);
        return orientation;
    }
    orientation = reset(&b, first);
    *block = g_bytes_new_take(b.bytes, b.size);
    return orientation;
}

/* Which ends of the stored rows and columns come first in the picture, by orientation. */
static const struct {
    gboolean right, bottom;
} corners[9] = {[2] = {TRUE, FALSE}, [3] = {TRUE, TRUE}, [4] = {FALSE, TRUE},
                [6] = {FALSE, TRUE}, [7] = {TRUE, TRUE}, [8] = {TRUE, FALSE}};

/* How to go through a stored plane: from the pixel that becomes the first, a step to the right and
 * one down in the picture. */
typedef struct {
    ptrdiff_t start, right, down;
} Way;

static void
turn_tile(const float *from, Way way, MendTensor to, int x0, int y0)
{
    int w = to.shape.w, x1 = MIN(x0 + TILE, w), y1 = MIN(y0 + TILE, to.shape.h);
    for (int y = y0; y < y1; y++) {
        float *row = to.data + (size_t)y * (size_t)w;
        for (int x = x0; x < x1; x++)
            row[x] = from[way.start + x * way.right + y * way.down];
    }
}

gboolean
mend_picture_turn(MendPicture *picture, int orientation, GError **error)
{
    MendShape old = picture->pixels.shape, turned = old;
    gboolean right = corners[orientation].right, bottom = corners[orientation].bottom;
    ptrdiff_t column = right ? -1 : 1, row = bottom ? -old.w : old.w;
    Way way = {(right ? old.w - 1 : 0) + (bottom ? (ptrdiff_t)(old.h - 1) * old.w : 0), column,
               row};
    if (orientation >= 5) {
        MendPictureTags *tags = &picture->tags;
        guint32 density = tags->density_x;
        tags->density_x = tags->density_y;
        tags->density_y = density;
        turned = (MendShape){old.c, old.w, old.h};
        way = (Way){way.start, row, column};
    }
    g_auto(MendTensor) plane = mend_tensor_new((MendShape){1, turned.h, turned.w}, error);
    for (int c = 0; c < old.c && plane.data; c++) {
        float *own = mend_tensor_plane(picture->pixels, c).data;
        for (int y = 0; y < turned.h; y += TILE)
            for (int x = 0; x < turned.w; x += TILE)
                turn_tile(own, way, plane, x, y);
        memcpy(own, plane.data, mend_shape_count(plane.shape) * sizeof(float));
    }
    picture->pixels.shape = turned;
    return plane.data != NULL;
}
