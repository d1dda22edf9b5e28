/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures made small, and their changes in colour made large again. */
#include "compute/coarse.h"

#include "compute/bands.h"

#define ROWS 16 /* of a band */

typedef struct {
    int factor, x, y; /* 0 <= x, y < factor: where in its square the first pixel lies */
    MendTensor picture, small, after;
} Job;

static int
within(int at, int factor)
{
    return (at % factor + factor) % factor;
}

int
mend_coarse_square(int place, int factor)
{
    return (place - within(place, factor)) / factor;
}

MendShape
mend_coarse_shape(MendCoarse grid, MendShape picture)
{
    int x = within(grid.x0, grid.factor), y = within(grid.y0, grid.factor);
    return (MendShape){picture.c, (picture.h - 1 + y) / grid.factor + 1,
                       (picture.w - 1 + x) / grid.factor + 1};
}

static Job
job_of(MendCoarse grid, MendTensor picture, MendTensor small, MendTensor after)
{
    return (Job){
        grid.factor, within(grid.x0, grid.factor), within(grid.y0, grid.factor), picture, small,
        after};
}

/* A network's answer may lie outside a little. */
static float
shown(float value)
{
    return CLAMP(value, 0.0F, 1.0F);
}

/* The mean of one square of a plane. */
static float
mean_of(const Job *job, const float *plane, int row, int column)
{
    int w = job->picture.shape.w, h = job->picture.shape.h, f = job->factor;
    int left = MAX(column * f - job->x, 0), right = MIN((column + 1) * f - job->x, w);
    int top = MAX(row * f - job->y, 0), bottom = MIN((row + 1) * f - job->y, h);
    float sum = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            sum += shown(plane[(size_t)y * (size_t)w + (size_t)x]);
    return sum / (float)((right - left) * (bottom - top));
}

static void
shrink_band(gpointer data, size_t begin, size_t end)
{
    const Job *job = data;
    int rows = job->small.shape.h, columns = job->small.shape.w;
    for (size_t i = begin; i < end; i++) {
        int c = (int)i / rows, row = (int)i % rows;
        const float *plane = mend_tensor_plane(job->picture, c).data;
        for (int column = 0; column < columns; column++)
            job->small.data[i * (size_t)columns + (size_t)column] =
                mean_of(job, plane, row, column);
    }
}

void
mend_coarse_shrink(MendCoarse grid, MendTensor picture, MendTensor small)
{
    Job job = job_of(grid, picture, small, (MendTensor){0});
    mend_bands_run((size_t)small.shape.c * (size_t)small.shape.h, ROWS, shrink_band, &job);
}

/* Between which two of n squares a pixel lies, and how far it is from the first to the second. */
static float
between(int at, int factor, int n, size_t *first, size_t *second)
{
    float place = ((float)at + 0.5F) / (float)factor - 0.5F;
    float last = (float)(n - 1);
    place = CLAMP(place, 0.0F, last);
    *first = (size_t)place;
    *second = MIN(*first + 1, (size_t)n - 1);
    return place - (float)*first;
}

/* What the small picture was changed by at one place of it. */
static float
change_at(const Job *job, int c, size_t row, size_t column)
{
    size_t w = (size_t)job->small.shape.w, h = (size_t)job->small.shape.h;
    size_t i = ((size_t)c * h + row) * w + column;
    return shown(job->after.data[i]) - shown(job->small.data[i]);
}

static void
add_band(gpointer data, size_t begin, size_t end)
{
    const Job *job = data;
    size_t w = (size_t)job->picture.shape.w, plane = w * (size_t)job->picture.shape.h;
    for (size_t y = begin; y < end; y++) {
        size_t top, bottom, left, right;
        float down = between((int)y + job->y, job->factor, job->small.shape.h, &top, &bottom);
        for (size_t x = 0; x < w; x++) {
            float along = between((int)x + job->x, job->factor, job->small.shape.w, &left, &right);
            float change[3], mean = 0;
            for (int c = 0; c < 3; c++) {
                float upper = (1 - along) * change_at(job, c, top, left) +
                              along * change_at(job, c, top, right);
                float lower = (1 - along) * change_at(job, c, bottom, left) +
                              along * change_at(job, c, bottom, right);
                change[c] = (1 - down) * upper + down * lower;
                mean += change[c] / 3;
            }
            float *to = job->picture.data + y * w + x;
            for (int c = 0; c < 3; c++, to += plane)
                *to = shown(shown(*to) + change[c] - mean);
        }
    }
}

void
mend_coarse_add(MendCoarse grid, MendTensor before, MendTensor after, MendTensor picture)
{
    Job job = job_of(grid, picture, before, after);
    mend_bands_run((size_t)picture.shape.h, ROWS, add_band, &job);
}
