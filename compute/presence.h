/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether there is any damage of a kind that lies over all of a picture: rain and snow fall
 * everywhere, so a network that changes some places and leaves most alone was misled by what looks
 * like streaks or flakes there. weights/README.md has what it is worth. Thread: any one. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* How much a picture {3,h,w} was changed, in 255ths: of windows of some 32 pixels the middle one's
 * mean over pixels of the largest change of a channel. Windows so light that nothing light shows
 * before them do not count, where others are left. Values are clamped to 0..1, NaN is 0. A part of
 * a picture has a change of its own, so a preview may differ. Time: as of one pass over both;
 * memory: a number a window. MEND_ERROR_MEMORY. */
gboolean mend_presence_change(MendTensor before, MendTensor after, double *change, GError **error);

/* How much of a restoration is to be taken, 0 (all is left as it was) to 1, smooth between: least
 * is a change, in 255ths, that is not yet damage; from MEND_PRESENCE_SURE times it all is taken. */
#define MEND_PRESENCE_SURE 1.4
double mend_presence_share(double change, double least);

G_END_DECLS
