/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays of numbers in recorded JSON, of any depth, laid flat. Thread: one at a time. */
#pragma once

#include "compute/json.h"

G_BEGIN_DECLS

/* A file and what was read of it. Names in messages are the file's. */
typedef struct {
    char *path;
    MendJson *json;
    GPtrArray *blocks;
} MendNumbers;

gboolean mend_numbers_open(MendNumbers *numbers, const char *path, GError **error);
void mend_numbers_clear(MendNumbers *numbers);

/* Member name of object, n numbers in all. Lives as long as numbers. NULL and MEND_ERROR_WEIGHTS
 * where it is not there, or not so many. */
const double *mend_numbers_get(MendNumbers *numbers, const MendJsonValue *object, const char *name,
                               size_t n, GError **error);
/* How many there are; 0 where there is no such member. */
size_t mend_numbers_count(const MendJsonValue *object, const char *name);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendNumbers, mend_numbers_clear)

G_END_DECLS
