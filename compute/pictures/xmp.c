/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XMP: the orientation is found as text, as an attribute or as an element of one digit. */
#include "compute/pictures/xmp.h"

#include <string.h>

static const char name[] = "tiff:Orientation";

/* Where the value after at begins: what stands between a name and its value is passed over. */
static gsize
value_after(const char *text, gsize size, gsize at)
{
    while (at < size && text[at] && strchr(" \t\r\n=>\"'", text[at]))
        at++;
    return at;
}

void
mend_xmp_reset(GBytes **packet)
{
    gsize size, n = sizeof name - 1;
    if (!*packet)
        return;
    char *text = g_bytes_unref_to_data(g_steal_pointer(packet), &size);
    for (gsize i = 0; i + n < size; i++) {
        if (memcmp(text + i, name, n) != 0)
            continue;
        gsize at = value_after(text, size, i + n);
        gboolean alone = at + 1 >= size || !g_ascii_isdigit(text[at + 1]);
        if (at > i + n && at < size && g_ascii_isdigit(text[at]) && alone)
            text[at] = '1';
    }
    *packet = g_bytes_new_take(text, size);
}
