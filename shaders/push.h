/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Push constants of every shader: the same field lists make the GLSL block and the C struct. */
#ifndef MEND_PUSH_H
#define MEND_PUSH_H

/* Results are h x w pixels of n channels, NHWC. Everything is counted in elements. */

/* Weights: [kernel][kernel][n_src][n4], then bias [n4] and gain [n4] where used; n4 = n rounded
 * up to 4. first, end: the pixels of this dispatch, so that a long one can be cut; its result
 * (other than a shuffled one) and second source begin at first. after: what is done with the
 * second source, see the shader. wrap: beyond an edge the map begins again, instead of zeros. */
#define MEND_PUSH_CONV                                                                             \
    uint h;                                                                                        \
    uint w;                                                                                        \
    uint n;                                                                                        \
    uint h_src;                                                                                    \
    uint w_src;                                                                                    \
    uint n_src;                                                                                    \
    uint stride;                                                                                   \
    uint pad;                                                                                      \
    uint wrap;                                                                                     \
    uint first;                                                                                    \
    uint end;                                                                                      \
    uint after;

/* Weights: [9][n4], then bias [n4]. n counts the channels of the source. */
#define MEND_PUSH_DWCONV                                                                           \
    uint h;                                                                                        \
    uint w;                                                                                        \
    uint n;                                                                                        \
    uint wrap;

/* Weights: gain [n4]. shift and scale are offsets into the modulation vector. */
#define MEND_PUSH_NORM                                                                             \
    uint n_pixels;                                                                                 \
    uint n;                                                                                        \
    uint shift;                                                                                    \
    uint scale;

/* n_x and n_y: channels of the sources. y_step: 0 where y is a vector for all pixels, else 1. */
#define MEND_PUSH_POINTWISE                                                                        \
    uint n_pixels;                                                                                 \
    uint n;                                                                                        \
    uint n_x;                                                                                      \
    uint n_y;                                                                                      \
    uint y_step;

/* Group g sums pixels [g * run, g * run + run) and writes factor times the sum as pixel g. */
#define MEND_PUSH_MEAN                                                                             \
    uint n_pixels;                                                                                 \
    uint n;                                                                                        \
    uint run;                                                                                      \
    float factor;

/* h, w: of the source; n: channels of the result. */
#define MEND_PUSH_SHUFFLE                                                                          \
    uint h;                                                                                        \
    uint w;                                                                                        \
    uint n;

/* Weights: the n/2 frequencies. */
#define MEND_PUSH_SINUSOID uint n;

#define MEND_PUSH_CONVERT                                                                          \
    uint n_pixels;                                                                                 \
    uint n;

#endif
