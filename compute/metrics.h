/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Full-reference scores on 8-bit values: both pictures {3,h,w} are clamped, times 255, rounded.
 * Each is NaN where it has no meaning (nothing to compare, sides too short) or memory is out.
 * Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* 10 log10(255^2 / MSE) over all pixels and channels; identical: 100. hole (may have data NULL):
 * {1,h,w}, only pixels > 0.5 count. */
double mend_psnr(MendTensor a, MendTensor b, MendTensor hole);

/* Wang et al. 2004: Gaussian window 11x11 sigma 1.5, K1 0.01, K2 0.03, biased moments, per channel,
 * mean over the valid region and channels. Sides must be >= 11. */
double mend_ssim(MendTensor a, MendTensor b);

/* Xue et al. 2014: the standard deviation of the similarity of gradients, on BT.601 luma averaged
 * over 2 x 2 pixels, Prewitt / 3, edges repeated, c = 170. 0: alike; lower is better. Sides must be
 * >= 2. */
double mend_gmsd(MendTensor a, MendTensor b);

/* High-frequency energy of out over that of truth: luma without its mean, Hann window, |DFT|^2
 * summed over radial frequencies above 0.25 cycles a pixel. 1: as sharp; less: blurred; more: noise
 * or halos. Over several pictures the mean is the geometric one. */
double mend_sharpness(MendTensor out, MendTensor truth);

/* PSNR after the rounded out was multiplied by (mean luma of truth / mean luma of out) and rounded
 * again: what is left when brightness is forgiven. Uses the truth, so it is a diagnosis. */
double mend_psnr_same_luma(MendTensor out, MendTensor truth);

/* hole {1,h,w} = 1 where degraded was painted over: some channel is more than 8 away from truth, or
 * it is pure white; else 0. */
void mend_find_hole(MendTensor degraded, MendTensor truth, MendTensor hole);

/* How much a hole's edge shows in a picture: the mean absolute difference in luma of neighbours of
 * which one is in the hole, over that of neighbours which both are, these weighted so that as many
 * lie side by side, and above each other, as of those. 1: the edge is as steep as the inside;
 * more: a seam. hole: {1,h,w}, pixels > 0.5. NaN where there are no such neighbours, or the inside
 * is flat. Over several pictures the mean is the geometric one. */
double mend_seam(MendTensor picture, MendTensor hole);

/* The steps across a hole's edge alone, as mend_seam() takes them, over those of the truth at the
 * same place. Above 1: steeper than it should be. The inside's steps over the truth's are
 * edge * (seam of the truth) / seam, so a seam with an edge of 1 or below is that of an inside
 * which is too smooth. NaN where the truth is flat there, or no neighbours are both in the hole.
 * Means are geometric. */
double mend_edge(MendTensor picture, MendTensor truth, MendTensor hole);

/* How much the edges of a torus show: the mean square of what differs between opposite edges, over
 * that between neighbours inside, in each direction by itself, the two added up. 1 on average where
 * there is no seam; a single picture's edge may by chance fall on a line of it, or between lines.
 * NaN where the inside is flat or a side is below 2. */
double mend_torus_seam(MendTensor picture);

/* BT.601 luma, 0..255, of pixel i = y w + x, from rounded values. */
double mend_luma(MendTensor picture, size_t i);

G_END_DECLS
