/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks texts for the translators. Compute shows none: who shows a text translates it. */
#pragma once

#define N_(text) text
