/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bar for a message. */
#include "ui/message.h"

#define LABEL "mend-label"

GtkWidget *
mend_message_new(void)
{
    GtkWidget *bar = gtk_info_bar_new(), *label = gtk_label_new(NULL);
    gtk_label_set_line_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_selectable(GTK_LABEL(label), TRUE);
    gtk_label_set_xalign(GTK_LABEL(label), 0.0f);
    gtk_label_set_max_width_chars(GTK_LABEL(label), 60);
    gtk_widget_set_can_focus(label, FALSE);
    GtkWidget *content = gtk_info_bar_get_content_area(GTK_INFO_BAR(bar));
    gtk_box_pack_start(GTK_BOX(content), label, TRUE, TRUE, 0);
    gtk_info_bar_set_show_close_button(GTK_INFO_BAR(bar), TRUE);
    g_signal_connect(bar, "response", G_CALLBACK(gtk_widget_hide), NULL);
    g_object_set_data(G_OBJECT(bar), LABEL, label);
    gtk_widget_show_all(bar);
    gtk_widget_set_no_show_all(bar, TRUE);
    gtk_widget_hide(bar);
    return bar;
}

void
mend_message_show(GtkWidget *message, GtkMessageType type, const char *text)
{
    GtkWidget *label = g_object_get_data(G_OBJECT(message), LABEL);
    gtk_label_set_text(GTK_LABEL(label), text ? text : "");
    gtk_info_bar_set_message_type(GTK_INFO_BAR(message), type);
    gtk_widget_set_visible(message, text != NULL);
}
