/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of different places are lit differently. What each would have beside it says how large the
 * step to its neighbour ought to be; colours are changed until steps are so (Perez, Gangnet and
 * Blake 2003, "Poisson image editing"), but not far from what they are. */
#include "compute/exemplar_match.h"

#include <math.h>
#include <string.h>

enum { SWEEPS = 40 };
#define OVER  1.7f   /* relaxation */
#define STAY  0.003f /* weight of the colour itself: a step wears off over some 18 pixels */
#define LIGHT 0.14f  /* a step that is off by more is an edge, and stays */

static inline MendRgbx
colour(const MendPatchField *f, int at)
{
    MendRgbx rgb;
    memcpy(&rgb, f->rgb + 4 * (size_t)at, sizeof rgb);
    return rgb;
}

static gboolean
is_known(const MendPatchField *f, int x, int y)
{
    return x >= 0 && y >= 0 && x < f->w && y < f->h && !f->hole[y * f->w + x];
}

/* Adds the step from at to its neighbour (dx, dy), as it is where at was taken from; 1 if it is
 * known. */
static int
add_step(const MendPatchField *f, int at, int dx, int dy, float sign, MendRgbx *sum)
{
    int from = f->origin[at];
    if (!f->hole[at] || !is_known(f, from % f->w + dx, from / f->w + dy))
        return 0;
    *sum += sign * (colour(f, from + dy * f->w + dx) - colour(f, from));
    return 1;
}

/* How the step from at to its neighbour ought to be. */
static MendRgbx
wanted_step(const MendPatchField *f, int at, int dx, int dy)
{
    int next = at + dy * f->w + dx;
    MendRgbx is = colour(f, next) - colour(f, at), sum = {0};
    int n = add_step(f, at, dx, dy, 1, &sum) + add_step(f, next, -dx, -dy, -1, &sum);
    if (n == 0)
        return is;
    MendRgbx off = sum / (float)n - is;
    float size = MAX(fabsf(off[0]), MAX(fabsf(off[1]), fabsf(off[2]))) / LIGHT;
    return is + off / (1 + size * size * size * size);
}

static const int around[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};

static gboolean
is_inside(const MendPatchField *f, int at, const int step[2])
{
    int x = at % f->w + step[0], y = at / f->w + step[1];
    return x >= 0 && y >= 0 && x < f->w && y < f->h;
}

/* Of one pixel: what it would be beside neighbours of 0, times their number and a little. */
static MendRgbx
own_part(const MendPatchField *f, int at)
{
    MendRgbx own = STAY * colour(f, at);
    for (int k = 0; k < 4; k++)
        if (is_inside(f, at, around[k]))
            own -= wanted_step(f, at, around[k][0], around[k][1]);
    return own;
}

static void
relax(MendPatchField *f, int at, MendRgbx own)
{
    float n = STAY;
    for (int k = 0; k < 4; k++) {
        if (!is_inside(f, at, around[k]))
            continue;
        own += colour(f, at + around[k][1] * f->w + around[k][0]);
        n++;
    }
    MendRgbx is = colour(f, at);
    is += OVER * (own / n - is);
    memcpy(f->rgb + 4 * (size_t)at, &is, 3 * sizeof(float));
}

gboolean
mend_patch_field_join(MendPatchField *f, const MendGoOn *go_on, GError **error)
{
    int n = 0, *holes = f->next; /* no search comes after */
    for (int i = 0; i < f->w * f->h; i++)
        if (f->hole[i])
            holes[n++] = i;
    MendRgbx *own = mend_block_new_large((size_t)n * sizeof *own, error);
    if (!own)
        return FALSE;
    for (int i = 0; i < n; i++)
        own[i] = own_part(f, holes[i]);
    gboolean on = TRUE;
    for (int sweep = 0; on && sweep < SWEEPS; sweep++) {
        for (int i = 0; i < n; i++)
            relax(f, holes[i], own[i]);
        on = mend_go_on(go_on, error);
    }
    mend_block_free(own);
    return on;
}
