/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one error domain of compute. */
#include "compute/error.h"

/* The formatter would take the hyphens for minus signs. */
/* clang-format off */
G_DEFINE_QUARK(mend-error-quark, mend_error)
/* clang-format on */

gboolean
mend_error_is(const GError *error, MendError code)
{
    return g_error_matches(error, MEND_ERROR, (int)code);
}
