/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts that users see, marked for the translators. Who shows a label translates it: N_(). What is
 * put together here, errors and notes, is translated here: _(), which is the text itself where no
 * domain is bound, as in the command line. Details of a damaged file, and what only programmers ask
 * for (bench, parity), stay as they are. */
#pragma once

#include <glib.h>

#define N_(text) text
#define _(text)  g_dgettext("mend", text)
