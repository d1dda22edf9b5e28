/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXIF: how a photograph lies in its file, and the block carried to what is written. Only what has
 * to do with that is read; no number in the block is trusted. Exif 2.32, sections 4.5 and 4.6.
 * Thread: safe. */
#pragma once

#include "compute/picture.h"

G_BEGIN_DECLS

/* block: a TIFF header and directories, as in MendPictureTags.exif; owned by the caller, who gets a
 * new one: orientation 1, width and height (and resolutions) exchanged where the picture is turned
 * by a quarter, without the thumbnail, which shows the picture before its restoration. A broken
 * block becomes NULL.
 * Returns the orientation that was asked for, 1..8; 1 where there is none. */
int mend_exif_reset(GBytes **block);

/* Turns and mirrors the pixels as orientation (1..8) asks, and the density with them. FALSE: no
 * memory for one plane. */
gboolean mend_picture_turn(MendPicture *picture, int orientation, GError **error);

G_END_DECLS
