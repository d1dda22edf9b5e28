/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices, in a choice. Thread: main; they are listed on a thread of its own, as drivers take
 * their time. */
#pragma once

#include "ui/choice.h"

G_BEGIN_DECLS

/* choice has "auto" at once, and all devices later, unless it is destroyed meanwhile. */
void mend_devices_fill(MendChoice *choice);

G_END_DECLS
