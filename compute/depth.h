/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances in a picture. Thread: any one. */
#pragma once

#include <stddef.h>

/* Least distances to what is far = 0, or nearer: in place, far becomes the least of what it is and
 * of what its neighbours become and the step to them, 1 straight on and 1.4 across (two walks over
 * the picture: Borgefors 1986, "Distance transformations in digital images"). far: [h][w] numbers
 * that are stride apart. Below 0 is allowed: discs that grow smaller by 1 a pixel. */
void mend_depth(float *far, int w, int h, size_t stride);
