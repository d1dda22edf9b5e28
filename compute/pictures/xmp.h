/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XMP: the packet of text carried to what is written. It is no more read than this needs, and not
 * trusted. XMP specification part 2, 2.3 (tiff:Orientation); part 3, 1.1 (files). Thread: safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* packet: as in MendPictureTags.xmp, or NULL; owned by the caller, who gets a new one of the same
 * length: every tiff:Orientation is 1, for the pixels lie as they are seen. */
void mend_xmp_reset(GBytes **packet);

G_END_DECLS
