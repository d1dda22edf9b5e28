/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bar for a message, hidden while there is none. Thread: main. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWidget *mend_message_new(void);

/* Shows text until the user closes it; NULL hides it. */
void mend_message_show(GtkWidget *message, GtkMessageType type, const char *text);

G_END_DECLS
