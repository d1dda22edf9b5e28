/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every Vulkan call fails once: a clean error, nothing left behind (the validation layer counts
 * objects that outlive their device), and a fresh device works. */
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/vk/api.h"
#include "tests/vk/fixture.h"

#define NAME(call, result) {#call, (VkResult)(result)},
static const struct {
    const char *call;
    VkResult result;
} calls[] = {MEND_VK_GLOBAL_CALLS(NAME) MEND_VK_INSTANCE_CALLS(NAME) MEND_VK_DEVICE_CALLS(NAME)};

static void
set_fault(const char *call, int nth)
{
    g_autofree char *fault = g_strdup_printf("vk.%s:%d", call, nth);
    if (nth > 0)
        g_setenv("MEND_FAULT", fault, TRUE);
    else
        g_unsetenv("MEND_FAULT");
    mend_fault_reset();
}

/* Opens the first device, plans, runs three times, closes. */
static gboolean
use_device(const MendGraph *graph, GError **error)
{
    int n;
    MendDevice *device = mend_backend_vulkan.open(fixture_devices(&n)[0].id, error);
    g_auto(MendTensor) output = {0};
    gboolean done = device && fixture_run(device, graph, 3, 3, &output, error);
    mend_backend_vulkan.close(device);
    return done;
}

/* The N-th call fails, for N = 1, 2, 3, 5, 9, ... until there are not so many. */
static void
test_call(gconstpointer data)
{
    const char *call = data;
    g_autoptr(MendWeights) weights = fixture_net_weights();
    g_autoptr(MendGraph) graph = fixture_net(weights, 8, 8);
    gboolean done = FALSE;
    for (int nth = 1, step = 1; !done; nth += step, step = nth > 2 ? 2 * step : 1) {
        g_autoptr(GError) error = NULL;
        set_fault(call, nth);
        done = use_device(graph, &error);
        set_fault(call, 0);
        g_assert_true(done == (error == NULL));
        if (done)
            break;
        g_assert_true(error->domain == MEND_ERROR);
        g_assert_true(error->code == MEND_ERROR_DEVICE || error->code == MEND_ERROR_MEMORY);
        g_assert_nonnull(strstr(error->message, call));
    }
    g_autoptr(GError) error = NULL;
    use_device(graph, &error);
    g_assert_no_error(error);
}

/* After the device was lost all fails at once, until it is opened anew. */
static void
test_lost(void)
{
    int n;
    const char *id = fixture_devices(&n)[0].id;
    g_autoptr(MendWeights) weights = fixture_net_weights();
    g_autoptr(MendGraph) graph = fixture_net(weights, 8, 8);
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) output = {0}, again = {0};
    MendDevice *device = mend_backend_vulkan.open(id, &error);
    g_assert_no_error(error);
    set_fault("vkWaitForFences", 2); /* the first run; 1 is the upload */
    g_assert_false(fixture_run(device, graph, 3, 1, &output, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_DEVICE);
    set_fault("", 0);
    g_clear_error(&error);
    g_assert_false(fixture_run(device, graph, 3, 1, &again, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_DEVICE);
    mend_backend_vulkan.close(device);
}

/* Host memory runs out while weights are packed. */
static void
test_host_memory(void)
{
    g_autoptr(MendWeights) weights = fixture_net_weights();
    g_autoptr(MendGraph) graph = fixture_net(weights, 8, 8);
    g_autoptr(GError) error = NULL;
    int n;
    MendDevice *device = mend_backend_vulkan.open(fixture_devices(&n)[0].id, &error);
    g_assert_no_error(error);
    g_setenv("MEND_FAULT", "alloc:3", TRUE);
    mend_fault_reset();
    g_assert_null(mend_backend_vulkan.plan(device, graph, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_MEMORY);
    set_fault("", 0);
    mend_backend_vulkan.close(device);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *path = g_strconcat("/vk/faults/", calls[i].call, NULL);
        if (calls[i].result != VK_SUCCESS)
            g_test_add_data_func(path, calls[i].call, test_call);
    }
    g_test_add_func("/vk/faults/lost", test_lost);
    g_test_add_func("/vk/faults/host-memory", test_host_memory);
    return fixture_finish();
}
