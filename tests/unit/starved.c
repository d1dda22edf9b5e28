/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that ends, and patience. */
#include "tests/unit/starved.h"

#include "compute/error.h"
#include "compute/fault.h"

int
starved_attempts(gboolean (*attempt)(gpointer data, GError **error), gpointer data, int most)
{
    gboolean good = FALSE;
    int n = 0;
    while (!good && n++ < most) {
        g_autofree char *fault = g_strdup_printf("alloc:%d", n);
        g_autoptr(GError) error = NULL;
        g_setenv("MEND_FAULT", fault, TRUE);
        mend_fault_reset();
        good = attempt(data, &error);
        g_unsetenv("MEND_FAULT");
        mend_fault_reset();
        if (!good)
            g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_MEMORY);
    }
    g_assert_true(good);
    return n;
}

gboolean
starved_go_on(gpointer data)
{
    int *left = data;
    return --*left > 0;
}

int
starved_stops(gboolean (*attempt)(gpointer data, const MendGoOn *go_on, GError **error),
              gpointer data)
{
    enum { OFTEN = 1000 };
    int left = OFTEN;
    const MendGoOn go_on = {starved_go_on, &left, NULL};
    g_assert_true(attempt(data, &go_on, NULL));
    int asked = OFTEN - left;
    for (int n = 1; n <= asked; n++) {
        g_autoptr(GError) error = NULL;
        left = n;
        g_assert_false(attempt(data, &go_on, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
        g_assert_cmpint(left, ==, 0);
    }
    return asked;
}
