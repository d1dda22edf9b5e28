/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Suggested: Remove noise (87 %)", and a button that takes it. The picture is read bit by bit
 * while the main loop has nothing else to do, and examined on a thread of its own. Thread: main. */
#pragma once

#include <gtk/gtk.h>

#include "ui/trial.h"

G_BEGIN_DECLS

#define MEND_TYPE_SUGGESTION (mend_suggestion_get_type())
G_DECLARE_FINAL_TYPE(MendSuggestion, mend_suggestion, MEND, SUGGESTION, GtkBox)

typedef enum {
    MEND_SUGGESTION_LOOKING, /* not known yet */
    MEND_SUGGESTION_TASK,    /* a task that an installed model offers */
    MEND_SUGGESTION_NONE,    /* nothing is wrong, or no model offers what is needed: it says so */
    MEND_SUGGESTION_FAILED,  /* no detection model, or the picture cannot be read: it is hidden */
} MendSuggestionState;

/* Begins to look at once. settings: an object with the property "task" (a reference is held).
 * source: copied, used until the widget is destroyed; where it has no detect(), the state is
 * FAILED. Hidden until there is something to say. Signal "found": LOOKING is over. */
GtkWidget *mend_suggestion_new(GObject *settings, const MendTrialSource *source);

MendSuggestionState mend_suggestion_get_state(MendSuggestion *self);
/* Id of the task where the state is MEND_SUGGESTION_TASK, else "". Borrowed. */
const char *mend_suggestion_get_task(MendSuggestion *self);

G_END_DECLS
